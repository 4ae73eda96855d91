"""The columns of `application_train` and `application_test`, described for those who send an application."""

from __future__ import annotations

from itertools import chain

from training.tables.columns import Column, Table

NO_DATE = 365243
"""Stands for "no such date" in the columns of days: a thousand years after the application."""

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

CLIENT = Column("SK_ID_CURR", "integer", "Number of the application, and of the client who made it.")
TARGET = Column(
    "TARGET", "integer", "1 if the client fell behind with the first instalments of this loan, else 0.", levels=(0, 1)
)


def _flag(name: str, description: str) -> Column:
    return Column(name, "integer", f"1 if {description}, else 0.", levels=(0, 1))


_LOAN_AND_APPLICANT = (
    Column("NAME_CONTRACT_TYPE", "text", "Product asked for: a cash loan or a revolving credit line.", actionable=True),
    Column("CODE_GENDER", "text", "Gender of the applicant, F or M.", anomalies=("XNA",), protected=True),
    Column("FLAG_OWN_CAR", "text", "Y if the applicant owns a car, N if not.", levels=("N", "Y")),
    Column("FLAG_OWN_REALTY", "text", "Y if the applicant owns a house or a flat, N if not.", levels=("N", "Y")),
    Column("CNT_CHILDREN", "integer", "Number of the applicant's children."),
    Column("AMT_INCOME_TOTAL", "real", "What the applicant earns.", unit="currency"),
    Column("AMT_CREDIT", "real", "Amount of the loan.", unit="currency", actionable=True),
    Column(
        "AMT_ANNUITY", "real", "What is to be paid on the loan each period.", "currency", nullable=True, actionable=True
    ),
    Column(
        "AMT_GOODS_PRICE",
        "real",
        "Price of the goods that the loan is to pay for.",
        unit="currency",
        nullable=True,
        actionable=True,
    ),
    Column("NAME_TYPE_SUITE", "text", "Who came along when the applicant applied.", nullable=True),
    Column("NAME_INCOME_TYPE", "text", "Where the income comes from: work, trade, pension, the state and so on."),
    Column("NAME_EDUCATION_TYPE", "text", "Highest education that the applicant reached."),
    Column(
        "NAME_FAMILY_STATUS",
        "text",
        "Whether the applicant lives with a partner.",
        anomalies=("Unknown",),
        protected=True,
    ),
    Column("NAME_HOUSING_TYPE", "text", "How the applicant lives: in an own flat, a rented one, with parents."),
    Column("REGION_POPULATION_RELATIVE", "real", "Population of the home region, scaled; larger is more populated."),
    Column("DAYS_BIRTH", "integer", "Age, counted back from the application, so negative.", "days", protected=True),
    Column(
        "DAYS_EMPLOYED",
        "integer",
        "When the present job began, counted from the application; 365243 where there is no job.",
        unit="days",
        anomalies=(NO_DATE,),
    ),
    Column(
        "DAYS_REGISTRATION", "real", "When the registered address last changed, counted from the application.", "days"
    ),
    Column(
        "DAYS_ID_PUBLISH", "integer", "When the identity document was issued, counted from the application.", "days"
    ),
    Column("OWN_CAR_AGE", "real", "Age of the applicant's car; missing without a car.", "years", nullable=True),
    _flag("FLAG_MOBIL", "the applicant gave a mobile number"),
    _flag("FLAG_EMP_PHONE", "the applicant gave the employer's number"),
    _flag("FLAG_WORK_PHONE", "the applicant gave a fixed-line number for use in working hours"),
    _flag("FLAG_CONT_MOBILE", "the mobile number could be reached"),
    _flag("FLAG_PHONE", "the applicant gave a fixed-line number at home"),
    _flag("FLAG_EMAIL", "the applicant gave an e-mail address"),
    Column("OCCUPATION_TYPE", "text", "The applicant's occupation.", nullable=True),
    Column("CNT_FAM_MEMBERS", "real", "Number of people in the applicant's family.", nullable=True),
    Column("REGION_RATING_CLIENT", "integer", "The lender's rating of the home region, from 1 (best) to 3."),
    Column(
        "REGION_RATING_CLIENT_W_CITY",
        "integer",
        "The lender's rating of the home region and its city, from 1 (best) to 3.",
        anomalies=(-1,),
    ),
    Column("WEEKDAY_APPR_PROCESS_START", "text", "Weekday of the application, in English capitals.", levels=WEEKDAYS),
    Column("HOUR_APPR_PROCESS_START", "integer", "Hour of the application, 0 to 23.", levels=tuple(range(24))),
    _flag("REG_REGION_NOT_LIVE_REGION", "the registered and the contact address are in different regions"),
    _flag("REG_REGION_NOT_WORK_REGION", "the registered address and the workplace are in different regions"),
    _flag("LIVE_REGION_NOT_WORK_REGION", "the contact address and the workplace are in different regions"),
    _flag("REG_CITY_NOT_LIVE_CITY", "the registered and the contact address are in different cities"),
    _flag("REG_CITY_NOT_WORK_CITY", "the registered address and the workplace are in different cities"),
    _flag("LIVE_CITY_NOT_WORK_CITY", "the contact address and the workplace are in different cities"),
    Column("ORGANIZATION_TYPE", "text", "Trade of the employer; XNA where there is none.", anomalies=("XNA",)),
    Column("EXT_SOURCE_1", "real", "First score bought from outside, 0 to 1; larger is safer.", nullable=True),
    Column("EXT_SOURCE_2", "real", "Second score bought from outside, 0 to 1; larger is safer.", nullable=True),
    Column("EXT_SOURCE_3", "real", "Third score bought from outside, 0 to 1; larger is safer.", nullable=True),
)

_BUILDING = {
    "APARTMENTS": "Size of the flats",
    "BASEMENTAREA": "Area of the basement",
    "YEARS_BEGINEXPLUATATION": "How recently the building was taken into use",
    "YEARS_BUILD": "How recently the building was built",
    "COMMONAREA": "Area of the shared rooms",
    "ELEVATORS": "Number of lifts",
    "ENTRANCES": "Number of entrances",
    "FLOORSMAX": "Floors of the highest part",
    "FLOORSMIN": "Floors of the lowest part",
    "LANDAREA": "Area of the plot",
    "LIVINGAPARTMENTS": "Size of the flats that people live in",
    "LIVINGAREA": "Area that people live in",
    "NONLIVINGAPARTMENTS": "Size of the flats in other use",
    "NONLIVINGAREA": "Area in other use",
}
_STATISTICS = {"AVG": "mean", "MODE": "most frequent value", "MEDI": "median"}

_MEASURES = tuple(
    Column(f"{part}_{suffix}", "real", f"{text} of the home building, {word}, scaled to 0 to 1.", nullable=True)
    for suffix, word in _STATISTICS.items()
    for part, text in _BUILDING.items()
)

_HOME = (
    Column("FONDKAPREMONT_MODE", "text", "Which fund pays for repairs of the home building.", nullable=True),
    Column("HOUSETYPE_MODE", "text", "Kind of building that the applicant lives in.", nullable=True),
    Column("TOTALAREA_MODE", "real", "Whole area of the home building, scaled to 0 to 1.", nullable=True),
    Column("WALLSMATERIAL_MODE", "text", "What the walls of the home building are made of.", nullable=True),
    Column(
        "EMERGENCYSTATE_MODE",
        "text",
        "Yes if the home building is declared unsafe, No if not.",
        nullable=True,
        levels=("No", "Yes"),
    ),
)

_CIRCLE = tuple(
    Column(f"{word}_{days}_CNT_SOCIAL_CIRCLE", "real", text.format(days=days), nullable=True)
    for days in (30, 60)
    for word, text in (
        ("OBS", "People around the applicant whose loans could be seen to fall {days} days behind or not."),
        ("DEF", "People around the applicant whose loans did fall {days} days behind."),
    )
)

_PHONE = Column(
    "DAYS_LAST_PHONE_CHANGE",
    "real",
    "When the telephone last changed, counted from the application.",
    "days",
    nullable=True,
)

_DOCUMENTS = tuple(_flag(f"FLAG_DOCUMENT_{n}", f"the applicant handed in document {n}") for n in range(2, 22))

_ENQUIRIES = tuple(
    Column(
        f"AMT_REQ_CREDIT_BUREAU_{code}",
        "real",
        f"Enquiries about the applicant at the credit bureau {when}.",
        nullable=True,
    )
    for code, when in (
        ("HOUR", "in the last hour"),
        ("DAY", "in the last day, without its last hour"),
        ("WEEK", "in the last week, without its last day"),
        ("MON", "in the last month, without its last week"),
        ("QRT", "in the last three months, without the last one"),
        ("YEAR", "in the last year, without its last three months"),
    )
)

FIELDS: tuple[Column, ...] = tuple(
    chain(_LOAN_AND_APPLICANT, _MEASURES, _HOME, _CIRCLE, (_PHONE,), _DOCUMENTS, _ENQUIRIES)
)
"""What an application says: every column but the client's number and the outcome."""

TRAIN = Table("application_train", "Applications whose outcome is known.", (CLIENT, TARGET, *FIELDS), key="SK_ID_CURR")
TEST = Table("application_test", "Applications whose outcome is not known.", (CLIENT, *FIELDS), key="SK_ID_CURR")
