"""The reports of a training run: the model card, a page of reports and their pictures.

There is one module per report. It turns plain values into a picture or a table. Only `writing` touches files. Metrics
and choices do not belong here. Nothing here depends on the time, so the same run writes the same bytes.
"""

from training.reports.results import Candidate, CohortAnswers, Data, Explained, Results
from training.reports.writing import write

__all__ = ["Candidate", "CohortAnswers", "Data", "Explained", "Results", "write"]
