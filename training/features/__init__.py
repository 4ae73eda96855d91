"""From raw tables to the matrix that a model sees.

This package holds the aggregates of a client's history and the first half of a bundle's graph: anomalies, level
encoding, ratios. The description of the tables is in `training.tables`. Learning from a matrix does not belong here.
"""
