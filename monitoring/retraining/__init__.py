"""Starting the retraining that a verdict asks for, at Prefect, and following it."""
