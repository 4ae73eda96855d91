"""Which rows are learned from and judged on: read, split, checked for leakage, joined with recent ones."""
