"""Home Credit's competition: eight tables of a lender, and what is made of them."""

from __future__ import annotations

from training.product import Product
from training.products.home_credit import applications, history_tables
from training.products.home_credit.history import SOURCES
from training.products.home_credit.ratios import EXTERNAL_SCORES, RATIOS
from training.products.home_credit.reasons import REASONS

PRODUCT = Product(
    name="home-credit",
    applications=applications.TRAIN,
    unlabelled=applications.TEST,
    outcome=applications.TARGET.name,
    client=applications.CLIENT.name,
    past=history_tables.TABLES,
    history=SOURCES,
    ratios=RATIOS,
    summaries=(EXTERNAL_SCORES,),
    reasons=REASONS,
)
