"""The columns of `application_train` and `application_test`, described for the sender of an application."""

from __future__ import annotations

from itertools import chain

from training.product import Column, FormField, Table
from training.products.home_credit.buildings import BUILDING

NO_DATE = 365243
"""In columns of days, this value means "no such date": it is a thousand years after the application."""

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

CLIENT = Column("SK_ID_CURR", "integer", "Number of the application, and of the client who made it.")
TARGET = Column(
    "TARGET", "integer", "1 if the client fell behind with the first instalments of this loan, else 0.", levels=(0, 1)
)


def _flag(name: str, description: str, reason: str) -> FormField:
    return FormField(name, "integer", f"1 if {description}, else 0.", levels=(0, 1), reason=reason)


_LOAN_AND_APPLICANT = (
    FormField(
        "NAME_CONTRACT_TYPE",
        "text",
        "Product asked for: a cash loan or a revolving credit line.",
        actionable=True,
        reason="loan_terms",
    ),
    FormField(
        "CODE_GENDER", "text", "Gender of the applicant, F or M.", anomalies=("XNA",), protected=True, reason="gender"
    ),
    FormField("FLAG_OWN_CAR", "text", "Y if the applicant owns a car, N if not.", levels=("N", "Y"), reason="housing"),
    FormField(
        "FLAG_OWN_REALTY",
        "text",
        "Y if the applicant owns a house or a flat, N if not.",
        levels=("N", "Y"),
        reason="housing",
    ),
    FormField("CNT_CHILDREN", "integer", "Number of the applicant's children.", reason="household"),
    FormField("AMT_INCOME_TOTAL", "real", "What the applicant earns.", unit="currency", reason="income"),
    FormField("AMT_CREDIT", "real", "Amount of the loan.", unit="currency", actionable=True, reason="loan_terms"),
    FormField(
        "AMT_ANNUITY",
        "real",
        "What is to be paid on the loan each period.",
        "currency",
        nullable=True,
        actionable=True,
        reason="loan_terms",
    ),
    FormField(
        "AMT_GOODS_PRICE",
        "real",
        "Price of the goods that the loan is to pay for.",
        unit="currency",
        nullable=True,
        actionable=True,
        reason="loan_terms",
    ),
    FormField(
        "NAME_TYPE_SUITE", "text", "Who came along when the applicant applied.", nullable=True, reason="circumstances"
    ),
    FormField(
        "NAME_INCOME_TYPE",
        "text",
        "Where the income comes from: work, trade, pension, the state and so on.",
        reason="income",
    ),
    FormField("NAME_EDUCATION_TYPE", "text", "Highest education that the applicant reached.", reason="education"),
    FormField(
        "NAME_FAMILY_STATUS",
        "text",
        "Whether the applicant lives with a partner.",
        anomalies=("Unknown",),
        protected=True,
        reason="family_status",
    ),
    FormField(
        "NAME_HOUSING_TYPE",
        "text",
        "How the applicant lives: in an own flat, a rented one, with parents.",
        reason="housing",
    ),
    FormField(
        "REGION_POPULATION_RELATIVE",
        "real",
        "Population of the home region, scaled; larger is more populated.",
        reason="region",
    ),
    FormField(
        "DAYS_BIRTH",
        "integer",
        "Age, counted back from the application, so negative.",
        "days",
        protected=True,
        reason="age",
    ),
    FormField(
        "DAYS_EMPLOYED",
        "integer",
        "When the present job began, counted from the application; 365243 where there is no job.",
        unit="days",
        anomalies=(NO_DATE,),
        reason="employment",
    ),
    FormField(
        "DAYS_REGISTRATION",
        "real",
        "When the registered address last changed, counted from the application.",
        "days",
        reason="stability",
    ),
    FormField(
        "DAYS_ID_PUBLISH",
        "integer",
        "When the identity document was issued, counted from the application.",
        "days",
        reason="stability",
    ),
    FormField(
        "OWN_CAR_AGE",
        "real",
        "Age of the applicant's car; missing without a car.",
        "years",
        nullable=True,
        reason="housing",
    ),
    _flag("FLAG_MOBIL", "the applicant gave a mobile number", "contact"),
    _flag("FLAG_EMP_PHONE", "the applicant gave the employer's number", "employment"),
    _flag("FLAG_WORK_PHONE", "the applicant gave a fixed-line number for use in working hours", "contact"),
    _flag("FLAG_CONT_MOBILE", "the mobile number could be reached", "contact"),
    _flag("FLAG_PHONE", "the applicant gave a fixed-line number at home", "contact"),
    _flag("FLAG_EMAIL", "the applicant gave an e-mail address", "contact"),
    FormField("OCCUPATION_TYPE", "text", "The applicant's occupation.", nullable=True, reason="employment"),
    FormField(
        "CNT_FAM_MEMBERS", "real", "Number of people in the applicant's family.", nullable=True, reason="household"
    ),
    FormField(
        "REGION_RATING_CLIENT",
        "integer",
        "The lender's rating of the home region, from 1 (best) to 3.",
        reason="region",
    ),
    FormField(
        "REGION_RATING_CLIENT_W_CITY",
        "integer",
        "The lender's rating of the home region and its city, from 1 (best) to 3.",
        anomalies=(-1,),
        reason="region",
    ),
    FormField(
        "WEEKDAY_APPR_PROCESS_START",
        "text",
        "Weekday of the application, in English capitals.",
        levels=WEEKDAYS,
        reason="circumstances",
    ),
    FormField(
        "HOUR_APPR_PROCESS_START",
        "integer",
        "Hour of the application, 0 to 23.",
        levels=tuple(range(24)),
        reason="circumstances",
    ),
    _flag("REG_REGION_NOT_LIVE_REGION", "the registered and the contact address are in different regions", "region"),
    _flag("REG_REGION_NOT_WORK_REGION", "the registered address and the workplace are in different regions", "region"),
    _flag("LIVE_REGION_NOT_WORK_REGION", "the contact address and the workplace are in different regions", "region"),
    _flag("REG_CITY_NOT_LIVE_CITY", "the registered and the contact address are in different cities", "region"),
    _flag("REG_CITY_NOT_WORK_CITY", "the registered address and the workplace are in different cities", "region"),
    _flag("LIVE_CITY_NOT_WORK_CITY", "the contact address and the workplace are in different cities", "region"),
    FormField(
        "ORGANIZATION_TYPE",
        "text",
        "Trade of the employer; XNA where there is none.",
        anomalies=("XNA",),
        reason="employment",
    ),
    FormField(
        "EXT_SOURCE_1",
        "real",
        "First score bought from outside, 0 to 1; larger is safer.",
        nullable=True,
        reason="external_scores",
    ),
    FormField(
        "EXT_SOURCE_2",
        "real",
        "Second score bought from outside, 0 to 1; larger is safer.",
        nullable=True,
        reason="external_scores",
    ),
    FormField(
        "EXT_SOURCE_3",
        "real",
        "Third score bought from outside, 0 to 1; larger is safer.",
        nullable=True,
        reason="external_scores",
    ),
)

_CIRCLE = tuple(
    FormField(f"{word}_{days}_CNT_SOCIAL_CIRCLE", "real", text.format(days=days), nullable=True, reason="surroundings")
    for days in (30, 60)
    for word, text in (
        ("OBS", "People around the applicant whose loans could be seen to fall {days} days behind or not."),
        ("DEF", "People around the applicant whose loans did fall {days} days behind."),
    )
)

_PHONE = FormField(
    "DAYS_LAST_PHONE_CHANGE",
    "real",
    "When the telephone last changed, counted from the application.",
    "days",
    nullable=True,
    reason="stability",
)

_DOCUMENTS = tuple(
    _flag(f"FLAG_DOCUMENT_{n}", f"the applicant handed in document {n}", "contact") for n in range(2, 22)
)

_ENQUIRIES = tuple(
    FormField(
        f"AMT_REQ_CREDIT_BUREAU_{code}",
        "real",
        f"Enquiries about the applicant at the credit bureau {when}.",
        nullable=True,
        reason="enquiries",
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

_FIELDS = tuple(chain(_LOAN_AND_APPLICANT, BUILDING, _CIRCLE, (_PHONE,), _DOCUMENTS, _ENQUIRIES))

TRAIN = Table(
    "application_train",
    "Applications whose outcome is known.",
    (CLIENT, TARGET, *_FIELDS),
    key=CLIENT.name,
    vital=(TARGET.name,),
)
TEST = Table("application_test", "Applications whose outcome is not known.", (CLIENT, *_FIELDS), key=CLIENT.name)
