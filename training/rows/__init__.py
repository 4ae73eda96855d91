"""The rows for training and evaluation: reading, splitting, checking for leakage, adding recent applications."""
