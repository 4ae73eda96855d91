"""What a made-up lender asks."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from training.bundle import Field, Policy
from training.product import HistorySource
from training.product.history import features
from training.products.home_credit import PRODUCT

TOY_FIELDS = (
    Field(
        name="AMT_INCOME_TOTAL",
        datatype="FP64",
        description="What the applicant earns.",
        unit="currency",
        minimum=10_000,
        maximum=500_000,
        required=True,
    ),
    Field(name="AMT_CREDIT", datatype="FP64", description="Amount of the loan.", minimum=5_000, maximum=1_000_000),
    Field(name="CNT_CHILDREN", datatype="INT64", description="Number of children.", minimum=0, maximum=5),
    Field(
        name="DAYS_EMPLOYED",
        datatype="INT64",
        description="Days since the job began.",
        unit="days",
        anomalies=(365243,),
        minimum=-10_000,
        maximum=0,
    ),
    Field(name="EXT_SOURCE_1", datatype="FP64", description="An external score.", minimum=0, maximum=1),
    Field(name="EXT_SOURCE_2", datatype="FP64", description="An external score.", minimum=0, maximum=1),
    Field(name="EXT_SOURCE_3", datatype="FP64", description="An external score.", minimum=0, maximum=1),
    Field(
        name="NAME_INCOME_TYPE",
        datatype="BYTES",
        description="Kind of income.",
        levels=("Working", "Pensioner", "Étudiant"),
    ),
    Field(
        name="CODE_GENDER",
        datatype="BYTES",
        description="Gender.",
        levels=("F", "M"),
        anomalies=("XNA",),
        protected=True,
    ),
)
TOY_HISTORY = ("bureau_debt_sum", "bureau_count")
_LOANS = (
    *features("bureau", "bureau_debt", ("bureau_debt_sum", "Debt elsewhere.", pl.col("AMT_CREDIT_SUM_DEBT").sum())),
    *features("bureau", "bureau_history", ("bureau_count", "Loans elsewhere.", pl.len())),
)
TOY_PRODUCT = replace(PRODUCT, history=(HistorySource(("bureau",), lambda rows: rows, _LOANS),))
TOY_POLICY = Policy(cost_fn=10, cost_fp=1, threshold=0.12, threshold_low=0.1, threshold_high=0.15)
