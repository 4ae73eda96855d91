"""The reasons a letter to an applicant can give, and which one each application field or ratio belongs to."""

from __future__ import annotations

from training.bundle import Reason

REASONS = (
    Reason(
        code="external_scores",
        french="Évaluations de votre dossier par des organismes externes",
        english="Assessments of your file by external agencies",
    ),
    Reason(
        code="obligations",
        french="Charge de remboursement au regard de vos revenus",
        english="Repayments in relation to your income",
    ),
    Reason(
        code="loan_terms",
        french="Montant et conditions du prêt demandé",
        english="Amount and terms of the loan requested",
    ),
    Reason(code="income", french="Niveau et nature de vos revenus", english="Level and kind of your income"),
    Reason(
        code="employment",
        french="Profession et ancienneté dans votre emploi",
        english="Occupation and time in your employment",
    ),
    Reason(code="education", french="Niveau d'études", english="Level of education"),
    Reason(code="housing", french="Logement et patrimoine", english="Housing and assets"),
    Reason(code="region", french="Lieu de résidence et de travail", english="Place of residence and of work"),
    Reason(code="contact", french="Coordonnées et pièces fournies", english="Contact details and documents provided"),
    Reason(
        code="stability",
        french="Stabilité de votre identité administrative et de vos coordonnées",
        english="Stability of your registration, identity document and telephone",
    ),
    Reason(code="household", french="Composition de votre foyer", english="Composition of your household"),
    Reason(
        code="surroundings",
        french="Incidents de paiement dans votre entourage",
        english="Payment incidents among people around you",
    ),
    Reason(
        code="enquiries",
        french="Demandes récentes auprès du bureau de crédit",
        english="Recent enquiries at the credit bureau",
    ),
    Reason(
        code="circumstances",
        french="Circonstances du dépôt de la demande",
        english="Circumstances in which you applied",
    ),
    Reason(code="gender", french="Sexe", english="Gender"),
    Reason(code="age", french="Âge", english="Age"),
    Reason(code="family_status", french="Situation familiale", english="Family status"),
    Reason(
        code="bureau_debt",
        french="Encours de crédit auprès d'autres établissements",
        english="Credit outstanding with other lenders",
    ),
    Reason(
        code="bureau_history",
        french="Nombre et ancienneté de vos crédits auprès d'autres établissements",
        english="Number and age of your credits with other lenders",
    ),
    Reason(
        code="bureau_arrears",
        french="Retards de paiement auprès d'autres établissements",
        english="Late payments to other lenders",
    ),
    Reason(
        code="previous_refusals",
        french="Demandes antérieures refusées ou abandonnées",
        english="Earlier applications refused or abandoned",
    ),
    Reason(
        code="previous_loans",
        french="Nombre et conditions de vos demandes et prêts antérieurs",
        english="Number and terms of your earlier applications and loans",
    ),
    Reason(
        code="payment_delays", french="Remboursement de vos prêts antérieurs", english="Repayment of your earlier loans"
    ),
    Reason(code="card_usage", french="Utilisation de votre carte de crédit", english="Use of your credit card"),
)

_BY_NAME = {
    "NAME_CONTRACT_TYPE": "loan_terms",
    "CODE_GENDER": "gender",
    "DAYS_BIRTH": "age",
    "NAME_FAMILY_STATUS": "family_status",
    "AMT_INCOME_TOTAL": "income",
    "NAME_INCOME_TYPE": "income",
    "AMT_CREDIT": "loan_terms",
    "AMT_ANNUITY": "loan_terms",
    "AMT_GOODS_PRICE": "loan_terms",
    "NAME_TYPE_SUITE": "circumstances",
    "NAME_EDUCATION_TYPE": "education",
    "NAME_HOUSING_TYPE": "housing",
    "DAYS_EMPLOYED": "employment",
    "OCCUPATION_TYPE": "employment",
    "ORGANIZATION_TYPE": "employment",
    "FLAG_EMP_PHONE": "employment",
    "DAYS_REGISTRATION": "stability",
    "DAYS_ID_PUBLISH": "stability",
    "DAYS_LAST_PHONE_CHANGE": "stability",
    "CNT_CHILDREN": "household",
    "CNT_FAM_MEMBERS": "household",
    "WEEKDAY_APPR_PROCESS_START": "circumstances",
    "HOUR_APPR_PROCESS_START": "circumstances",
    "OWN_CAR_AGE": "housing",
    "FLAG_OWN_CAR": "housing",
    "FLAG_OWN_REALTY": "housing",
}

_BY_PREFIX = {
    "EXT_SOURCE_": "external_scores",
    "REGION_": "region",
    "REG_": "region",
    "LIVE_": "region",
    "FLAG_": "contact",
    "OBS_": "surroundings",
    "DEF_": "surroundings",
    "AMT_REQ_CREDIT_BUREAU_": "enquiries",
}


def reason_of(field: str) -> str:
    """The reason an application field belongs to; what is not named describes the building the applicant lives in."""
    if field in _BY_NAME:
        return _BY_NAME[field]
    return next((reason for prefix, reason in _BY_PREFIX.items() if field.startswith(prefix)), "housing")
