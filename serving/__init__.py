"""Loan applications to decisions, and records of them.

Here belongs what answers a caller: the Open Inference Protocol, the predictor around a bundle, the log of what it
answered. Not here: how a model is trained (`training`), what is concluded from its answers (`monitoring`), what runs
(`flows`). Successors import `serving.records` and nothing else.
"""
