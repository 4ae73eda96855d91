"""The format that monitoring hands on: verdicts, and the windows and cohorts that they are about.

It imports nothing of the other rooms. `flows` reads it, and the monitor's own rooms keep, judge and show it.
"""

from monitoring.verdict.columns import cohort_schema
from monitoring.verdict.retraining import Retraining
from monitoring.verdict.verdict import Guard, Judgement, Verdict
from monitoring.verdict.window import Cohort, Comparison, Group, Population, Quality, Window

__all__ = [
    "Cohort",
    "Comparison",
    "Group",
    "Guard",
    "Judgement",
    "Population",
    "Quality",
    "Retraining",
    "Verdict",
    "Window",
    "cohort_schema",
]
