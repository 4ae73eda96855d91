"""Decisions for a file of applications, with the same code as the predictor."""
