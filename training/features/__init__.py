"""From raw tables to the matrix a model sees.

Here belong the aggregates of a client's history, and the first half of a bundle's graph: anomalies, level encoding,
ratios. What a table's columns are (`training.tables`) and what is learned from a matrix do not belong here.
"""
