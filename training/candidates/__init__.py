"""Candidate families, one module each, behind one interface.

A further family is a further module with a `Family` and a line in `FAMILIES`. Splits, costs, metrics and who wins do
not belong here.
"""

from training.candidates.constant import Constant
from training.candidates.family import CrossFit, Examples, Family, Fitted, Outcome, Parameters, Weight
from training.candidates.lightgbm import LightGBM
from training.candidates.logistic import Logistic

FAMILIES: tuple[Family, ...] = (Constant(), Logistic(), LightGBM())

__all__ = ["FAMILIES", "CrossFit", "Examples", "Family", "Fitted", "Outcome", "Parameters", "Weight"]
