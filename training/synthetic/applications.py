"""The application tables without TARGET: applicants, their loans and the data about them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthetic.buildings import buildings
from training.synthetic.columns import Category, Floats, Table, category, floats
from training.synthetic.draws import normal_share
from training.synthetic.splits import Split

PENSIONER = 365243
"""DAYS_EMPLOYED of clients without an employer."""

_IDLE = ("Pensioner", "Unemployed")
_COUPLE = ("Married", "Civil marriage")
_YEAR = 365.25
_CURRENCY = 4.5
"""Amounts are multiples of this number."""
_MAX_RATIO = 1.45
"""Largest ratio of credit to the price of its goods; the difference is insurance and fees."""
_TERMS = (8.0, 45.0)
"""Range of credit over annuity."""
_REVOLVING_RATE = 0.05
"""Annuity of a revolving loan as a share of its limit."""
_REQUESTS = ("HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR")
_DOCUMENTS = range(2, 22)
_EXCLUSIVE_DOCUMENTS = (3, 8, 6)
"""The usual documents; an applicant hands in at most one of them."""
_GOODS_STEP = 4500.0


def applications(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split) -> Table:
    """All application columns except SK_ID_CURR and TARGET, in no fixed order."""
    table: Table = {}
    _person(rng, scores, split, table)
    _loan(rng, scores, split, table)
    _work(rng, scores, split, table)
    _household(rng, split, table)
    _address(rng, scores, split, table)
    _bureaus(rng, scores, split, table)
    _circle(rng, scores, split, table)
    _documents(rng, split, table)
    return table | buildings(rng, scores, split)


def _person(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split, table: Table) -> None:
    for name in ("DAYS_BIRTH", "CNT_CHILDREN", "HOUR_APPR_PROCESS_START", "DAYS_LAST_PHONE_CHANGE", "DAYS_ID_PUBLISH"):
        table[name] = split.numbers(name, normal_share(scores[name]))
    registration = split.numbers("DAYS_REGISTRATION", normal_share(scores["DAYS_REGISTRATION"]))
    table["DAYS_REGISTRATION"] = np.maximum(registration, floats(table, "DAYS_BIRTH"))
    for name in ("CODE_GENDER", "FLAG_OWN_CAR", "NAME_CONTRACT_TYPE"):
        table[name] = split.levels(name, normal_share(scores[name]))
    table["FLAG_OWN_REALTY"] = split.levels("FLAG_OWN_REALTY", normal_share(scores["FLAG_OWN_REALTY"]), ("N",))
    table["NAME_INCOME_TYPE"] = split.levels(
        "NAME_INCOME_TYPE", normal_share(scores["NAME_INCOME_TYPE"]), ("Student", "Maternity leave"), ("Pensioner",)
    )
    table["NAME_EDUCATION_TYPE"] = split.levels(
        "NAME_EDUCATION_TYPE",
        normal_share(scores["NAME_EDUCATION_TYPE"]),
        ("Lower secondary",),
        ("Incomplete higher", "Higher education", "Academic degree"),
    )
    table["NAME_FAMILY_STATUS"] = split.levels(
        "NAME_FAMILY_STATUS", normal_share(scores["NAME_FAMILY_STATUS"]), ("Civil marriage", "Married")
    )
    for name in ("NAME_HOUSING_TYPE", "WEEKDAY_APPR_PROCESS_START"):
        table[name] = split.levels(name, rng.uniform(size=len(split.held_out)))


def _loan(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split, table: Table) -> None:
    amounts = {
        name: split.numbers(name, normal_share(scores[name]))
        for name in ("AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")
    }
    goods = np.maximum(np.rint(amounts["AMT_GOODS_PRICE"] / _GOODS_STEP), 9.0) * _GOODS_STEP
    ratio = np.clip(amounts["AMT_CREDIT"] / goods, 1.0, _MAX_RATIO)
    credit = _round(goods * np.where(ratio < 1.02, 1.0, ratio), _CURRENCY)
    term = np.clip(credit / amounts["AMT_ANNUITY"], *_TERMS)
    revolving = category(table, "NAME_CONTRACT_TYPE").equals("Revolving loans")
    limit = np.maximum(_round(goods, 45_000.0), 90_000.0)
    table["AMT_CREDIT"] = np.where(revolving, limit, credit)
    table["AMT_INCOME_TOTAL"] = _round(amounts["AMT_INCOME_TOTAL"], 450.0)
    annuity = np.where(revolving, limit * _REVOLVING_RATE, _round(credit / term, _CURRENCY))
    table["AMT_ANNUITY"] = split.gaps("AMT_ANNUITY", annuity, rng.uniform(size=len(goods)))
    price = np.where(revolving, limit, goods)
    table["AMT_GOODS_PRICE"] = split.gaps("AMT_GOODS_PRICE", price, rng.uniform(size=len(goods)))


def _round(amount: Floats, step: float) -> Floats:
    return np.rint(amount / step) * step


def _work(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split, table: Table) -> None:
    idle = category(table, "NAME_INCOME_TYPE").among(_IDLE)
    employed = split.numbers("DAYS_EMPLOYED", normal_share(scores["DAYS_EMPLOYED"]))
    # The minimum working age is sixteen.
    employed = np.maximum(employed, np.minimum(floats(table, "DAYS_BIRTH") + 16 * _YEAR, -30.0))
    table["DAYS_EMPLOYED"] = np.where(idle, PENSIONER, np.rint(employed))
    table["FLAG_EMP_PHONE"] = np.where(idle, 0.0, 1.0)
    organization = split.levels("ORGANIZATION_TYPE", np.zeros(len(idle)), (), ("XNA",))
    shares = rng.uniform(size=len(idle)) * (1.0 - _share_without_employer(split))
    drawn = split.levels("ORGANIZATION_TYPE", shares, (), ("XNA",))
    table["ORGANIZATION_TYPE"] = Category(
        np.where(idle, organization.levels.index("XNA"), drawn.codes), organization.levels
    )
    occupation = split.levels("OCCUPATION_TYPE", rng.uniform(size=len(idle)))
    # Clients without work have no occupation, and a few others do not state theirs.
    silent = np.where(idle, 1.0, rng.uniform(size=len(idle)) * (1.0 - _share_without_employer(split)))
    missing = split.missing("OCCUPATION_TYPE", silent)
    table["OCCUPATION_TYPE"] = Category(np.where(missing, -1, occupation.codes), occupation.levels)
    for name in ("FLAG_MOBIL", "FLAG_WORK_PHONE", "FLAG_CONT_MOBILE", "FLAG_PHONE", "FLAG_EMAIL"):
        table[name] = split.numbers(name, rng.uniform(size=len(idle)))


def _share_without_employer(split: Split) -> Floats:
    train, test = (1.0 - shares.cumulative[-2] for shares in split.orders("ORGANIZATION_TYPE", (), ("XNA",)))
    return np.asarray(np.where(split.held_out, test, train))


def _household(rng: np.random.Generator, split: Split, table: Table) -> None:
    couple = category(table, "NAME_FAMILY_STATUS").among(_COUPLE)
    table["CNT_FAM_MEMBERS"] = floats(table, "CNT_CHILDREN") + np.where(couple, 2.0, 1.0)
    suite = split.levels("NAME_TYPE_SUITE", rng.uniform(size=len(couple)))
    missing = split.missing("NAME_TYPE_SUITE", rng.uniform(size=len(couple)))
    table["NAME_TYPE_SUITE"] = Category(np.where(missing, -1, suite.codes), suite.levels)


def _address(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split, table: Table) -> None:
    table["REGION_POPULATION_RELATIVE"] = split.numbers(
        "REGION_POPULATION_RELATIVE", normal_share(scores["REGION_POPULATION_RELATIVE"])
    )
    rating = scores["REGION_RATING_CLIENT"]
    for name in ("REGION_RATING_CLIENT", "REGION_RATING_CLIENT_W_CITY"):
        table[name] = split.numbers(name, normal_share(rating))
    _moves(rng, split, table, "REGION", "REG_REGION", "LIVE_REGION")
    _moves(rng, split, table, "CITY", "REG_CITY", "LIVE_CITY")


def _moves(rng: np.random.Generator, split: Split, table: Table, level: str, registered: str, living: str) -> None:
    """Three flags that compare three addresses; if two pairs are equal, the third pair is equal too."""
    names = (f"{registered}_NOT_LIVE_{level}", f"{registered}_NOT_WORK_{level}", f"{living}_NOT_WORK_{level}")
    home_moved, work_away, work_from_home = (1.0 - split.zero_shares(name) for name in names)
    # Most clients who live elsewhere work where they live. The rest work in a third or in the registered place.
    third = 0.6 * np.maximum(home_moved - (work_away - work_from_home), 0.0)
    works_at_home = np.clip((home_moved - third + work_away - work_from_home) / 2, 0.0, home_moved - third)
    elsewhere = np.clip(work_away - works_at_home - third, 0.0, 1.0)
    share = rng.uniform(size=len(split.held_out))
    moved = share < home_moved
    at_home = moved & (share < works_at_home)
    in_third = moved & ~at_home & (share < works_at_home + third)
    commutes = ~moved & (share < home_moved + elsewhere)
    table[names[0]] = moved.astype(np.float64)
    table[names[1]] = (at_home | in_third | commutes).astype(np.float64)
    table[names[2]] = ((moved & ~at_home) | commutes).astype(np.float64)


def _bureaus(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split, table: Table) -> None:
    unknown = normal_share(scores["BUREAU_UNKNOWN"])
    for source in ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"):
        gap = rng.uniform(size=len(unknown)) if source != "EXT_SOURCE_3" else _blur(rng, scores["BUREAU_UNKNOWN"])
        if source == "EXT_SOURCE_1":
            gap = normal_share(scores["EXT_SOURCE_1_UNKNOWN"])
        table[source] = split.gaps(source, split.numbers(source, normal_share(scores[source])), gap)
    for period in _REQUESTS:
        name = f"AMT_REQ_CREDIT_BUREAU_{period}"
        share = normal_share(scores[name]) if name in scores else rng.uniform(size=len(unknown))
        table[name] = split.gaps(name, split.numbers(name, share), unknown)


def _blur(rng: np.random.Generator, score: Floats) -> Floats:
    return normal_share(0.9 * score + np.sqrt(1 - 0.9**2) * rng.standard_normal(len(score)))


def _circle(rng: np.random.Generator, scores: Mapping[str, Floats], split: Split, table: Table) -> None:
    unknown = rng.uniform(size=len(split.held_out))
    observed = normal_share(scores["OBS_30_CNT_SOCIAL_CIRCLE"])
    most = split.numbers("OBS_30_CNT_SOCIAL_CIRCLE", observed)
    # Only clients with acquaintances can have acquaintances who defaulted.
    some = 1.0 - split.zero_shares("OBS_30_CNT_SOCIAL_CIRCLE")
    defaulted = np.where(most > 0, 1.0 - some * (1.0 - normal_share(scores["DEF_30_CNT_SOCIAL_CIRCLE"])), 0.0)
    for days in (30, 60):
        people = np.minimum(split.numbers(f"OBS_{days}_CNT_SOCIAL_CIRCLE", observed), most)
        late = np.minimum(split.numbers(f"DEF_{days}_CNT_SOCIAL_CIRCLE", defaulted), np.maximum(people, 0.0))
        table[f"OBS_{days}_CNT_SOCIAL_CIRCLE"] = split.gaps(f"OBS_{days}_CNT_SOCIAL_CIRCLE", people, unknown)
        table[f"DEF_{days}_CNT_SOCIAL_CIRCLE"] = split.gaps(f"DEF_{days}_CNT_SOCIAL_CIRCLE", late, unknown)
    age = split.numbers("OWN_CAR_AGE", normal_share(scores["OWN_CAR_AGE"]))
    table["OWN_CAR_AGE"] = np.where(category(table, "FLAG_OWN_CAR").equals("Y"), age, np.nan)


def _documents(rng: np.random.Generator, split: Split, table: Table) -> None:
    share = rng.uniform(size=len(split.held_out))
    start = np.zeros(len(share))
    for number in _EXCLUSIVE_DOCUMENTS:
        rate = 1.0 - split.zero_shares(f"FLAG_DOCUMENT_{number}")
        table[f"FLAG_DOCUMENT_{number}"] = ((share >= start) & (share < start + rate)).astype(np.float64)
        start = start + rate
    for number in _DOCUMENTS:
        if number not in _EXCLUSIVE_DOCUMENTS:
            name = f"FLAG_DOCUMENT_{number}"
            table[name] = split.numbers(name, rng.uniform(size=len(share)))
