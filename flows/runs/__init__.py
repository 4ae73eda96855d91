"""What the runs do, as plain functions: train, retrain, promote, roll back, and smaller things that commands do.

Nothing here knows whether it runs in a command, under Prefect or in a Job.
"""
