"""Tolerances between the synthetic tables and the published figures, at 10,000 labelled clients; tests check them.

A quantile is compared by rank. For example, between 25 % - t and 25 % + t of the synthetic values must be smaller than
the published 25 % quantile. So one tolerance works for amounts and days, for heavy tails and for columns full of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tolerance:
    """Largest differences for one table, in shares of 1; `wider` has columns with a wider tolerance for quantiles."""

    quantiles: float
    levels: float
    missing: float
    wider: dict[str, float] = field(default_factory=dict)


TABLES = {
    "application_train": Tolerance(
        quantiles=0.025,
        levels=0.02,
        missing=0.02,
        # These columns have few distinct values, and only the most frequent are published.
        wider={
            "OWN_CAR_AGE": 0.06,
            "ENTRANCES_AVG": 0.06,
            "ENTRANCES_MODE": 0.12,
            "ENTRANCES_MEDI": 0.09,
            "YEARS_BUILD_AVG": 0.04,
            "YEARS_BUILD_MODE": 0.06,
            "YEARS_BUILD_MEDI": 0.06,
            "ELEVATORS_MODE": 0.04,
            "NONLIVINGAPARTMENTS_MODE": 0.04,
            "NONLIVINGAPARTMENTS_MEDI": 0.04,
        },
    ),
    "bureau": Tolerance(quantiles=0.04, levels=0.02, missing=0.02),
    "bureau_balance": Tolerance(quantiles=0.04, levels=0.04, missing=0.0),
    "previous_application": Tolerance(
        quantiles=0.08,
        levels=0.05,
        missing=0.03,
        # Only cards have the first of these, so it has few values.
        wider={"DAYS_FIRST_DRAWING": 0.18, "RATE_INTEREST_PRIMARY": 0.1, "RATE_INTEREST_PRIVILEGED": 0.1},
    ),
    "POS_CASH_balance": Tolerance(quantiles=0.09, levels=0.02, missing=0.01),
    "credit_card_balance": Tolerance(
        quantiles=0.09, levels=0.02, missing=0.04, wider={"CNT_INSTALMENT_MATURE_CUM": 0.13}
    ),
    "installments_payments": Tolerance(quantiles=0.13, levels=0.0, missing=0.01),
}
"""By table; `application_test` uses the tolerances of `application_train`, with quantiles of fewer clients."""

SENTINEL_SHARE = 0.07
"""Share of 365243 among dates."""

ROWS_PER_CLIENT = 0.15
"""Mean rows of each history table for a client, relative."""

NO_ROWS = 0.035
"""Share of clients without rows in a history table."""

SPEARMAN = 0.07
"""Rank correlations of application columns."""

HISTORY_SPEARMAN = 0.14
"""Rank correlations of history aggregates with application columns."""

DEFAULT_RATE = 0.008

CELL_RATE = 4.0
"""Default rate of a bin or level, in combined standard errors of the published and the synthetic rate."""

COLUMN_AUC = 0.035
"""AUC of one application column alone, in addition to two standard errors of the synthetic figure."""

AGGREGATE_AUC = 0.055
"""AUC of one history aggregate alone, in addition to two standard errors of the synthetic figure."""

TRANSITION = 0.04
"""Monthly transitions between the most frequent statuses of bureau_balance: 0, C and X."""

LINKAGE = 0.03
"""Shares of credits and loans that have balances, and of balances whose loan is listed."""

BUILDING_GAPS = 0.03
"""Shares of clients for whom all building columns are missing, and for whom none are missing."""

LATE_PAYMENTS = 0.01
"""Shares of instalments that are paid late, more than 30 days late, and too low."""

MODEL_AUC = 0.03
"""AUC of a model on equal numbers of synthetic and real clients: half of the 95 % interval at 5,000 clients."""

BEST_AUC = (0.78, 0.82)
"""AUC of the log odds from which defaults were drawn, which no model can exceed.

On 300,000 real clients the best models reach about 0.8, and a hold-out AUC above 0.82 raises an alarm.
"""
