"""The Gaussian copula: for each client a vector of correlated standard normal scores, one for each factor.

A factor is the score of an application column, or a property of a client's past that no column states. An example is
how often other lenders refused the client. The correlation matrix is calibrated (`training.synthetic.calibrate`), so
that the finished columns have the published rank correlations.
"""

from __future__ import annotations

import numpy as np

from training.synthetic.columns import Floats

NUMERIC = (
    "EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3", "DAYS_BIRTH", "DAYS_EMPLOYED", "DAYS_REGISTRATION",
    "DAYS_ID_PUBLISH", "AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "CNT_CHILDREN",
    "OWN_CAR_AGE", "REGION_POPULATION_RELATIVE", "REGION_RATING_CLIENT", "HOUR_APPR_PROCESS_START",
    "DAYS_LAST_PHONE_CHANGE", "TOTALAREA_MODE", "LIVINGAREA_AVG", "FLOORSMAX_AVG", "YEARS_BUILD_AVG",
    "ELEVATORS_AVG", "FLOORSMIN_AVG", "LIVINGAPARTMENTS_AVG", "APARTMENTS_AVG", "OBS_30_CNT_SOCIAL_CIRCLE",
    "DEF_30_CNT_SOCIAL_CIRCLE", "AMT_REQ_CREDIT_BUREAU_YEAR", "AMT_REQ_CREDIT_BUREAU_QRT",
)  # fmt: skip
"""Application columns whose rank correlations are published."""

LEVELS = (
    "NAME_CONTRACT_TYPE", "CODE_GENDER", "FLAG_OWN_CAR", "FLAG_OWN_REALTY", "NAME_INCOME_TYPE",
    "NAME_EDUCATION_TYPE", "NAME_FAMILY_STATUS", "BUILDING_UNKNOWN", "EXT_SOURCE_1_UNKNOWN", "BUREAU_UNKNOWN",
)  # fmt: skip
"""Categories and gaps that are correlated with other columns."""

HISTORY = {
    "bureau_count": "bureau_n",
    "bureau_recency": "bureau_days_credit_mean",
    "bureau_open": "bureau_active_share",
    "bureau_debt": "bureau_debt_ratio",
    "bureau_amount": "bureau_debt_sum",
    "bureau_cards": "bureau_creditcard_share",
    "arrears": "bb_bad_month_share",
    "previous_count": "prev_n",
    "previous_recency": "prev_days_decision_mean",
    "previous_refusal": "prev_refused_share",
    "previous_amount": "prev_annuity_mean",
    "previous_term": "prev_cnt_payment_mean",
    "previous_down": "prev_down_payment_rate",
    "previous_yield": "prev_yield_high_share",
    "card_use": "cc_util_mean",
    "card_draw": "cc_drawings_mean",
}
"""Factors of a client's past, each with the aggregate that shows it best."""

FACTORS = (*NUMERIC, *LEVELS, *HISTORY)

ASSUMED = {
    ("NAME_INCOME_TYPE", "DAYS_BIRTH"): -0.75,
    ("NAME_INCOME_TYPE", "AMT_INCOME_TOTAL"): -0.15,
    ("NAME_INCOME_TYPE", "CNT_CHILDREN"): -0.3,
    ("NAME_EDUCATION_TYPE", "AMT_INCOME_TOTAL"): 0.25,
    ("NAME_EDUCATION_TYPE", "EXT_SOURCE_1"): 0.15,
    ("NAME_EDUCATION_TYPE", "EXT_SOURCE_2"): 0.12,
    ("NAME_EDUCATION_TYPE", "AMT_CREDIT"): 0.1,
    ("NAME_FAMILY_STATUS", "CNT_CHILDREN"): -0.2,
    ("NAME_FAMILY_STATUS", "DAYS_BIRTH"): -0.05,
    ("NAME_FAMILY_STATUS", "AMT_CREDIT"): -0.14,
    ("NAME_FAMILY_STATUS", "AMT_GOODS_PRICE"): -0.14,
    ("NAME_FAMILY_STATUS", "AMT_ANNUITY"): -0.13,
    ("CODE_GENDER", "FLAG_OWN_CAR"): 0.5,
    ("CODE_GENDER", "AMT_INCOME_TOTAL"): 0.2,
    ("CODE_GENDER", "DAYS_BIRTH"): 0.15,
    ("CODE_GENDER", "EXT_SOURCE_1"): -0.3,
    ("FLAG_OWN_CAR", "AMT_INCOME_TOTAL"): 0.2,
    ("FLAG_OWN_CAR", "DAYS_BIRTH"): 0.15,
    ("FLAG_OWN_REALTY", "DAYS_BIRTH"): -0.15,
    ("NAME_CONTRACT_TYPE", "AMT_CREDIT"): -0.35,
    ("NAME_CONTRACT_TYPE", "AMT_ANNUITY"): -0.35,
    ("NAME_CONTRACT_TYPE", "AMT_GOODS_PRICE"): -0.35,
    ("BUILDING_UNKNOWN", "REGION_POPULATION_RELATIVE"): -0.15,
    ("BUILDING_UNKNOWN", "REGION_RATING_CLIENT"): 0.15,
    ("BUREAU_UNKNOWN", "bureau_count"): -0.9,
    ("BUREAU_UNKNOWN", "EXT_SOURCE_2"): -0.1,
    ("bureau_recency", "bureau_open"): 0.45,
    ("bureau_open", "bureau_debt"): 0.5,
    ("bureau_debt", "arrears"): 0.1,
    ("bureau_amount", "AMT_INCOME_TOTAL"): 0.3,
    ("previous_amount", "AMT_INCOME_TOTAL"): 0.25,
    ("previous_refusal", "bureau_open"): 0.3,
    ("previous_refusal", "bureau_debt"): 0.25,
    ("previous_refusal", "card_use"): 0.25,
    ("previous_refusal", "previous_yield"): 0.2,
    ("previous_refusal", "previous_down"): -0.3,
    ("previous_refusal", "bureau_recency"): 0.2,
    ("bureau_open", "card_use"): 0.35,
    ("bureau_recency", "bureau_debt"): 0.3,
    ("bureau_recency", "card_draw"): 0.2,
    ("previous_refusal", "arrears"): 0.1,
    ("card_use", "card_draw"): 0.75,
    ("card_use", "bureau_debt"): 0.35,
    ("previous_count", "bureau_count"): 0.2,
    ("previous_recency", "bureau_recency"): 0.4,
}
"""Correlations that are not published but are common at lenders."""


def positive(correlation: Floats) -> Floats:
    """A valid correlation matrix near the given one: negative eigenvalues are raised, the diagonal is scaled to one."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    raised = (vectors * np.maximum(values, 0.002)) @ vectors.T
    scale = np.sqrt(np.diag(raised))
    return np.asarray(raised / np.outer(scale, scale))


def draw(rng: np.random.Generator, root: Floats, mean: Floats, clients: int) -> dict[str, Floats]:
    """Scores by factor for some clients; `root` times its transpose is the correlation matrix.

    The product uses einsum's own loop, because a threaded matrix product may round differently on other numbers of
    cores.
    """
    scores = np.einsum("nk,fk->fn", rng.standard_normal((clients, len(root))), root, optimize=False)
    return dict(zip(FACTORS, scores + mean[:, None], strict=True))
