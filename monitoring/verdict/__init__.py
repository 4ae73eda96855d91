"""The format that monitoring gives to other packages: verdicts, and the windows and cohorts that they are about.

It imports nothing from the other packages of `monitoring`, which store, judge and show it. `flows` reads it.
"""

from monitoring.verdict.columns import cohort_schema
from monitoring.verdict.retraining import RetrainingRequest
from monitoring.verdict.verdict import Guard, Judgement, Verdict
from monitoring.verdict.window import Cohort, Comparison, GroupFigures, Population, Quality, Window

__all__ = [
    "Cohort",
    "Comparison",
    "GroupFigures",
    "Guard",
    "Judgement",
    "Population",
    "Quality",
    "RetrainingRequest",
    "Verdict",
    "Window",
    "cohort_schema",
]
