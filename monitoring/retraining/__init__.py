"""Starts the retraining that a verdict asks for, at Prefect, and follows it."""
