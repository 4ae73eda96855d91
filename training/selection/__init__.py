"""Choosing among candidates: folds, trials, treatments of the imbalance."""
