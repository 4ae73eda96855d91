"""Policy and evaluation: the cost of decisions and the quality of probabilities, by group, with intervals.

All functions are pure.
"""
