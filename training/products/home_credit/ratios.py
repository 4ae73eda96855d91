"""Features that relate fields to each other."""

from __future__ import annotations

from training.product import Ratio, SummaryFeature

EXTERNAL_SCORES = SummaryFeature("external_score", ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"), "external_scores")

RATIOS = (
    Ratio("annuity_to_income", "AMT_ANNUITY", "AMT_INCOME_TOTAL", "obligations"),
    Ratio("credit_to_income", "AMT_CREDIT", "AMT_INCOME_TOTAL", "obligations"),
    Ratio("goods_to_income", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL", "obligations"),
    Ratio("annuity_to_credit", "AMT_ANNUITY", "AMT_CREDIT", "loan_terms"),
    Ratio("credit_to_goods", "AMT_CREDIT", "AMT_GOODS_PRICE", "loan_terms"),
    Ratio("income_per_member", "AMT_INCOME_TOTAL", "CNT_FAM_MEMBERS", "income"),
    Ratio("children_share", "CNT_CHILDREN", "CNT_FAM_MEMBERS", "household"),
    Ratio("phone_change_to_registration", "DAYS_LAST_PHONE_CHANGE", "DAYS_REGISTRATION", "stability"),
    Ratio("identity_to_registration", "DAYS_ID_PUBLISH", "DAYS_REGISTRATION", "stability"),
    Ratio("car_age_to_employment", "OWN_CAR_AGE", "DAYS_EMPLOYED", "employment"),
    Ratio("defaults_around_30", "DEF_30_CNT_SOCIAL_CIRCLE", "OBS_30_CNT_SOCIAL_CIRCLE", "surroundings"),
    Ratio("defaults_around_60", "DEF_60_CNT_SOCIAL_CIRCLE", "OBS_60_CNT_SOCIAL_CIRCLE", "surroundings"),
    # These use a protected field, so they are left out unless the run allows that field.
    Ratio("employed_to_age", "DAYS_EMPLOYED", "DAYS_BIRTH", "employment"),
    Ratio("registration_to_age", "DAYS_REGISTRATION", "DAYS_BIRTH", "stability"),
    Ratio("identity_to_age", "DAYS_ID_PUBLISH", "DAYS_BIRTH", "stability"),
    Ratio("car_age_to_age", "OWN_CAR_AGE", "DAYS_BIRTH", "housing"),
)
