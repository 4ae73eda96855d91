"""What a training run has to show: the model card, a page of reports and their pictures.

One module a report, each from plain values to a picture or a table; `writing` alone touches files. Computing metrics or
choosing anything does not belong here. Nothing here depends on the time, so that the same run writes the same bytes.
"""

from training.reports.results import Candidate, CohortAnswers, Data, Explained, Results
from training.reports.writing import write

__all__ = ["Candidate", "CohortAnswers", "Data", "Explained", "Results", "write"]
