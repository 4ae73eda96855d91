"""Candidate families, one module each, with one interface.

To add a family, add a module with a `Family` and a line in `FAMILIES`. Splits, costs, metrics and the choice of the
winner do not belong here.
"""

from training.candidates.constant import Constant
from training.candidates.family import CrossFit, Examples, Family, Fitted, Outcome, Parameters, Weight
from training.candidates.lightgbm import LightGBM
from training.candidates.logistic import Logistic

FAMILIES: tuple[Family, ...] = (Constant(), Logistic(), LightGBM())

__all__ = ["FAMILIES", "CrossFit", "Examples", "Family", "Fitted", "Outcome", "Parameters", "Weight"]
