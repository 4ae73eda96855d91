"""Decisions for a file of applications, by the code that answers callers."""
