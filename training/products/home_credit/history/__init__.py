"""History features: float32 numbers about a client, computed from the six history tables.

One module per table holds its features as a list of named expressions. Features that need the application are ratios in
the model's graph and do not belong here.
"""

from __future__ import annotations

from training.product import HistorySource
from training.products.home_credit.history import bureau, bureau_balance, card, instalments, pos, previous

SOURCES = (
    HistorySource((bureau.TABLE,), bureau.loans, bureau.FEATURES),
    # only `bureau` names the client of a loan
    HistorySource((bureau_balance.TABLE, bureau.TABLE), bureau_balance.loans, bureau_balance.FEATURES),
    HistorySource((previous.TABLE,), previous.applications, previous.FEATURES),
    HistorySource((pos.TABLE,), pos.loans, pos.FEATURES),
    HistorySource((card.TABLE,), card.months, card.FEATURES),
    HistorySource((instalments.TABLE,), instalments.periods, instalments.FEATURES),
)
