"""Policy and evaluation: what decisions cost, how good probabilities are, by group, with intervals. Pure."""
