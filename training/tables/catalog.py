"""The eight tables by name."""

from __future__ import annotations

from types import MappingProxyType

from training.tables import applications, history

_HISTORY = (
    history.BUREAU,
    history.BUREAU_BALANCE,
    history.PREVIOUS_APPLICATION,
    history.POS_CASH_BALANCE,
    history.CREDIT_CARD_BALANCE,
    history.INSTALLMENTS_PAYMENTS,
)

HISTORY: tuple[str, ...] = tuple(table.name for table in _HISTORY)
"""The six history tables; each may be absent."""

TABLES = MappingProxyType({table.name: table for table in (applications.TRAIN, applications.TEST, *_HISTORY)})
"""All eight, parents before children."""
