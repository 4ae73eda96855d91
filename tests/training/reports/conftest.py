"""A made-up run, as its reports receive it."""

from __future__ import annotations

import numpy as np
import pytest

from training.bundle.groups import Members
from training.bundle.manifest import Costs, Feature, Interval, Policy, Reason
from training.measures import evaluation
from training.measures.evaluation import JudgedRows
from training.measures.groups import by_group
from training.measures.policy import calibrate, platt, threshold
from training.reports import Candidate, Data, Explained, Results
from training.reports.drift import compare
from training.reports.fields import by_level
from training.selection import imbalance
from training.selection.search import Dropped, Trial

REASONS = (
    Reason(code="external", french="Scores externes", english="External scores"),
    Reason(code="obligations", french="Charges", english="Obligations relative to income"),
    Reason(code="employment", french="Emploi", english="Employment"),
)


def around(value: float, width: float = 0.02) -> Interval:
    return Interval(value=value, low=value - width, high=value + width)


def lender(random: np.random.Generator, rows: int):
    """Applications and their outcomes."""
    score = random.beta(4, 3, rows)
    income = np.exp(random.normal(11.8, 0.5, rows))
    kind = random.choice(np.array(["Working", "Pensioner", "State servant"], dtype=object), rows, p=[0.6, 0.3, 0.1])
    logit = -1.3 - 3 * score + 0.5 * (kind == "Working") - 0.3 * (np.log(income) - 11.8)
    outcome = random.random(rows) < 1 / (1 + np.exp(-logit))
    score[random.random(rows) < 0.2] = np.nan
    kind[random.random(rows) < 0.05] = None
    return {"EXT_SOURCE_2": score, "AMT_INCOME_TOTAL": income, "NAME_INCOME_TYPE": kind}, outcome, logit


def treatments() -> tuple[imbalance.TreatmentRow, ...]:
    errors = {"none": 0.01, "class weights": 0.31, "SMOTE": 0.06, "undersampling": 0.33}
    return tuple(
        imbalance.TreatmentRow(
            treatment=name,
            calibrated=calibrated,
            auc=around(0.74),
            log_loss=around(0.25 if calibrated else 0.25 + error),
            ece=around(0.01 if calibrated else error, 0.004),
            observed_expected=around(1.0 if calibrated else 0.08 / (0.08 + error)),
            cost=around(0.56 + error / 20, 0.03),
            cost_theoretical=around(0.56 if calibrated else 0.56 + error / 2, 0.03),
            threshold=0.09 if calibrated else 0.09 + error,
        )
        for name, error in errors.items()
        for calibrated in (False, True)
    )


def explained(random: np.random.Generator) -> Explained:
    features = tuple(
        Feature(name=f"{code}_{number}", made_from=("EXT_SOURCE_2",), reason=code)
        for code in ("external", "obligations", "employment")
        for number in range(8)
    )
    matrix = random.normal(size=(400, len(features)))
    contributions = matrix * np.linspace(0.6, 0.01, len(features))
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    return Explained(contributions, matrix, features, REASONS)


def run() -> Results:
    random = np.random.default_rng(0)
    learned, outcome, margin = lender(random, 4000)
    _, judged, judged_margin = lender(random, 1500)
    test, _, _ = lender(random, 1000)
    test["AMT_INCOME_TOTAL"] = test["AMT_INCOME_TOTAL"] * 1.35
    calibration = platt(margin, outcome)
    probability, held_out = calibrate(margin, calibration), calibrate(judged_margin, calibration)
    cut = threshold(probability, outcome, Costs())
    everybody = JudgedRows.of(judged, held_out)
    groups = [
        Members(field, names, random.integers(0, len(names), judged.size), names)
        for field, names in (
            ("CODE_GENDER", ("F", "M")),
            ("DAYS_BIRTH", ("younger than 30", "30-39", "40-49", "50-61", "62 and older")),
            ("NAME_FAMILY_STATUS", ("Married", "Single | other", "Widow")),
        )
    ]
    return Results(
        model="credit-default",
        chosen="lightgbm",
        candidates=(
            Candidate("constant", around(0.807, 0.001), around(0.5, 0.0), around(0.28), 1),
            Candidate("logistic", around(0.585), around(0.74), around(0.255), 8),
            Candidate("lightgbm", around(0.56), around(0.755), around(0.248), 8),
        ),
        trials=tuple(
            Trial(
                family=family,
                parameters={"learning_rate": 0.05, "num_leaves": 7 + n},
                importance=np.zeros(24),
                calibration=calibration,
                probability=probability,
                threshold=cut,
                auc=0.75,
                log_loss=0.25 + n / 400,
                cost=base + n / 300,
                seconds=1.0,
            )
            for family, base in (("logistic", 0.585), ("lightgbm", 0.56))
            for n in range(8)
        ),
        policy=Policy(
            cost_fn=10, cost_fp=1, threshold=cut.value, threshold_low=cut.low, threshold_high=cut.high, auc_alarm=0.82
        ),
        calibration=calibration,
        metrics=evaluation.evaluate(everybody, cut.value, Costs(), resamples=200),
        confusion=evaluation.confusion(everybody, cut.value),
        groups=by_group(everybody, groups, cut.value, Costs(), resamples=100),
        imbalance=treatments(),
        validation=JudgedRows.of(outcome, probability),
        hold_out=everybody,
        explained=explained(random),
        dropped=(Dropped("FLAG_MOBIL", "constant"), Dropped("bureau_count_2y", "duplicate of bureau_count")),
        data=Data(
            source="a synthetic lender",
            tables={"application_train": 5500, "bureau": 26000},
            absent=("installments_payments",),
            training_rows=4000,
            hold_out_rows=1500,
            default_rate=float(outcome.mean()),
            fingerprint="5f" * 32,
        ),
        fields=by_level(learned, outcome),
        drift=compare(learned, test),
        protected=("CODE_GENDER", "DAYS_BIRTH", "NAME_FAMILY_STATUS"),
        allowed=(),
        alarms=("Hold-out AUC 0.8300 [0.8100, 0.8500] is above 0.82, implausible for such data.",),
        seed=0,
    )


@pytest.fixture(scope="session")
def results() -> Results:
    return run()
