"""The reasons that a letter to an applicant can give."""

from __future__ import annotations

from training.bundle import Reason

_TEXTS = {
    "external_scores": (
        "Évaluations de votre dossier par des organismes externes",
        "Assessments of your file by external agencies",
    ),
    "obligations": ("Charge de remboursement au regard de vos revenus", "Repayments in relation to your income"),
    "loan_terms": ("Montant et conditions du prêt demandé", "Amount and terms of the loan requested"),
    "income": ("Niveau et nature de vos revenus", "Level and kind of your income"),
    "employment": ("Profession et ancienneté dans votre emploi", "Occupation and time in your employment"),
    "education": ("Niveau d'études", "Level of education"),
    "housing": ("Logement et patrimoine", "Housing and assets"),
    "region": ("Lieu de résidence et de travail", "Place of residence and of work"),
    "contact": ("Coordonnées et pièces fournies", "Contact details and documents provided"),
    "stability": (
        "Ancienneté de votre adresse, de votre pièce d'identité et de votre téléphone",
        "Age of your registered address, identity document and telephone",
    ),
    "household": ("Composition de votre foyer", "Composition of your household"),
    "surroundings": ("Situation de paiement de votre entourage", "Payment record of people around you"),
    "enquiries": ("Demandes récentes auprès du bureau de crédit", "Recent enquiries at the credit bureau"),
    "circumstances": ("Circonstances du dépôt de la demande", "Circumstances in which you applied"),
    "gender": ("Sexe", "Gender"),
    "age": ("Âge", "Age"),
    "family_status": ("Situation familiale", "Family status"),
    "bureau_debt": ("Encours de crédit auprès d'autres établissements", "Credit outstanding with other lenders"),
    "bureau_history": (
        "Nombre et ancienneté de vos crédits auprès d'autres établissements",
        "Number and age of your credits with other lenders",
    ),
    "bureau_arrears": (
        "Régularité de vos paiements auprès d'autres établissements",
        "Punctuality of your payments to other lenders",
    ),
    "previous_refusals": ("Issue de vos demandes de prêt antérieures", "Outcome of your earlier loan applications"),
    "previous_loans": (
        "Nombre et conditions de vos demandes et prêts antérieurs",
        "Number and terms of your earlier applications and loans",
    ),
    "payment_delays": ("Remboursement de vos prêts antérieurs", "Repayment of your earlier loans"),
    "card_usage": ("Utilisation de votre carte de crédit", "Use of your credit card"),
}
"""Code to the text in French and in English.

Each text names the subject and makes no claim about it. The features say whether, for example, a payment was late. An
applicant with a negative reason need not have done anything wrong.
"""

REASONS = tuple(Reason(code=code, french=french, english=english) for code, (french, english) in _TEXTS.items())
