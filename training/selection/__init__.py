"""The choice among candidates: folds, trials, treatments of the class imbalance."""
