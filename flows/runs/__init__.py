"""The work of runs as plain functions: train, retrain, promote, roll back, and smaller tasks of commands.

No function here depends on whether it runs in a command, under Prefect or in a Job.
"""
