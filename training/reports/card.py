"""The model card: purpose, choices, performance, protected groups and limits of the model.

Text, tables and pictures of the card are one document. `card.md` links to the pictures, the HTML page contains them.
"""

from __future__ import annotations

from training.bundle import Population
from training.measures.evaluation import AUC, METRICS, PR_AUC
from training.reports import calibration, contributions, drift, fields, groups, ranking, rationale, search, treatments
from training.reports import threshold as threshold_report
from training.reports.document import Block, Bullets, Code, Document, Picture, Section
from training.reports.picture import png
from training.reports.results import Data, Results
from training.reports.table import ReportTable, interval
from training.rows.split import HEAVIEST

_METRIC_NAMES = {
    "auc": "AUC",
    "pr_auc": "PR-AUC (average precision)",
    "ks": "Kolmogorov-Smirnov",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "accuracy": "accuracy",
    "accuracy_approve_all": "accuracy of approving everybody",
    "f1": "F1 of defaults",
    "cost": "cost per applicant",
    "approval_rate": "approval rate",
    "observed_expected": "observed over expected defaults",
}

_POPULATIONS: dict[Population, str] = {
    "everybody": "",
    "accepted": (
        "They were accepted by the version that was live: how refused applicants would have fared is not known, so "
        "these figures are of the accepted alone, and no reject inference was attempted."
    ),
    "accepted and explored": (
        "They were accepted by the version that was live, or refused by it and accepted all the same, as a stated "
        "share of the refused was; each of these counts as many times as it stands for, so the figures are of all "
        "applicants. No reject inference was attempted."
    ),
}


def card(results: Results) -> Document:
    """The whole card with its pictures."""
    sections = [
        _purpose(results),
        _alarms(results),
        _model(results),
        _threshold(results),
        _treatment(results),
        _performance(results),
        _groups(results),
        _explanations(results),
        _data(results),
        _drift(results),
        _limits(results),
        _use(results),
    ]
    return Document(f"Model card: {results.model}", tuple(section for section in sections if section is not None))


def _purpose(results: Results) -> Section:
    policy = results.policy
    purpose = (
        f"{results.model} estimates the probability that a loan applicant will have payment difficulties. It "
        f"recommends `{policy.refuse}` if and only if that probability is {policy.threshold:.6g} or more, "
        f"`{policy.accept}` otherwise. {_origin(results)} A person answers for each decision; the reasons that come "
        "with it are for that person."
    )
    return Section("Purpose", (purpose,))


def _origin(results: Results) -> str:
    if results.parent is None:
        return f"It is a {results.chosen} model with Platt calibration, trained with seed {results.seed}."
    return (
        f"It is the {results.chosen} model of version {results.parent}, unchanged, with a Platt calibration found anew "
        f"on {results.data.training_rows:,} live applications whose outcome is known."
    )


def _alarms(results: Results) -> Section:
    if not results.alarms:
        return Section("Alarms", ("None.",))
    return Section("Alarms", ("A person has to approve this version before it is promoted:", Bullets(results.alarms)))


def _model(results: Results) -> Section:
    blocks: list[Block] = [rationale.model(results)]
    if results.candidates:
        blocks.append(search.candidates(results.candidates, results.chosen))
    if results.trials:
        blocks += ["The cheapest trials:", search.trials(results.trials)]
    return Section("Why this model", tuple(blocks))


def _threshold(results: Results) -> Section:
    drawing = threshold_report.figure(results.policy, results.validation, results.hold_out)
    return Section(
        "Why this threshold",
        (rationale.threshold(results), Picture("threshold", "Cost and approvals by threshold", png(drawing))),
    )


def _treatment(results: Results) -> Section:
    blocks: list[Block] = [rationale.treatment(results)]
    if results.imbalance:
        blocks += [
            treatments.table(results.imbalance),
            Picture("imbalance", "Treatments of the rare class", png(treatments.figure(results.imbalance))),
        ]
    return Section("Why this imbalance treatment", tuple(blocks))


def _performance(results: Results) -> Section:
    hold_out, metrics, confusion = results.hold_out, results.metrics, results.confusion
    figures = tuple((_METRIC_NAMES[name], interval(metrics[name], 4)) for name in METRICS if name in metrics)
    decisions = (
        ("repaid", f"{confusion.accepted_good:,}", f"{confusion.refused_good:,}"),
        ("defaulted", f"{confusion.accepted_bad:,}", f"{confusion.refused_bad:,}"),
    )
    policy = results.policy
    roc = ranking.figure(hold_out, policy.threshold, metrics[AUC], metrics[PR_AUC])
    basis = (
        f"All figures are of {results.data.hold_out_rows:,} applicants that took no part in training, calibration or "
        f"the choice of the threshold; 95 % bootstrap intervals. {_POPULATIONS[results.population]}"
    ).rstrip()
    formula = (
        f"Calibration: probability = 1 / (1 + exp(-({results.calibration.slope:.4f} * margin "
        f"{results.calibration.intercept:+.4f})))."
    )
    return Section(
        "Performance",
        (
            rationale.accuracy(results),
            basis,
            ReportTable(("metric", "hold-out"), figures),
            ReportTable(("outcome", policy.accept, policy.refuse), decisions),
            Picture("ranking", "ROC and precision-recall curves", png(roc)),
            Picture("calibration", "Reliability diagram", png(calibration.figure(hold_out))),
            formula,
        ),
    )


def _groups(results: Results) -> Section | None:
    if not results.groups:
        return None
    allowed = ", ".join(results.allowed)
    admitted = (
        f"This run admitted {allowed} as input of the model, so reasons can name it."
        if allowed
        else "None of them is an input of the model; they are recorded to see what follows for these groups."
    )
    unequal = groups.below_four_fifths(results.groups)
    blocks: list[Block] = [f"Protected fields: {', '.join(results.protected)}. {admitted}"]
    if unequal:
        blocks += ["Approved less than four fifths as often as the best group of the field:", Bullets(unequal)]
    else:
        blocks.append("Every group is approved at least four fifths as often as the best of its field.")
    blocks.append(Picture("groups", "Approval and calibration by protected group", png(groups.figure(results.groups))))
    for field, members in results.groups.items():
        blocks += [f"By {field}:", groups.table(members)]
    return Section("Protected groups", tuple(blocks))


def _explanations(results: Results) -> Section:
    sample = results.explained
    by_feature = contributions.by_feature(sample.contributions, sample.matrix, sample.features)
    by_reason = contributions.by_reason(sample.contributions, sample.features, sample.reasons)
    by_value = contributions.by_value(sample.contributions, sample.matrix, sample.features)
    meaning = (
        f"Contributions of {len(sample.contributions):,} applicants, exact and in log-odds: with the base value they "
        "sum to the margin. Each feature belongs to one reason, whose contribution is the sum of its features'."
    )
    blocks: list[Block] = [
        meaning,
        Picture("reasons", "Strength of each reason", png(by_reason)),
        Picture("contributions", "Contributions of the strongest features", png(by_feature)),
        "How each of the strongest moves the answer, missing values apart:",
        Picture("dependence", "Contribution against value of the strongest features", png(by_value)),
    ]
    if results.dropped:
        why = dict.fromkeys(drop.why for drop in results.dropped)
        rows = ((reason, ", ".join(drop.feature for drop in results.dropped if drop.why == reason)) for reason in why)
        blocks += [
            f"{len(results.dropped)} features were dropped before the search:",
            ReportTable(("why", "features"), tuple(rows), words=(0, 1)),
        ]
    return Section("What moves a decision", tuple(blocks))


def _data(results: Results) -> Section:
    data = results.data
    blocks: list[Block] = []
    if data.tables:
        blocks += [
            _tables(data),
            ReportTable(("table", "rows"), tuple((n, f"{rows:,}") for n, rows in data.tables.items())),
        ]
    if data.cohorts:
        blocks += [_recent(results), _cohorts(data)]
    if results.fields:
        blocks += [
            Picture("default_rates", "Default rate by level of key fields", png(fields.default_rates(results.fields))),
            Picture("missing", "Fields that are missing most often", png(fields.missingness(results.fields))),
        ]
    return Section("Data", tuple(blocks))


def _tables(data: Data) -> str:
    absent = f"Absent: {', '.join(data.absent)}." if data.absent else "No table is absent."
    sizes = f"{data.training_rows:,} applicants to train on and {data.hold_out_rows:,} held out"
    split = (
        f"All clients in it are learned from, {data.default_rate:.2%} defaulted; with the cohorts below {sizes}."
        if data.cohorts
        else f"{sizes}, stratified by outcome; {data.default_rate:.2%} defaulted."
    )
    return f"Source: {data.source}. {split} {absent} Fingerprint {data.fingerprint}."


def _recent(results: Results) -> str:
    data = results.data
    learned = "Learned from" if results.parent is None else "The calibration was found on"
    weight = (
        " In learning, though not in judging, the cohorts together weigh as much as the tables, each of their "
        f"applications at most {HEAVIEST:g} times as much as a client of the tables."
        if results.parent is None
        else ""
    )
    left_out = (
        f" Of the known outcomes {data.left_out:,} were left out, because their client applied again or is held out."
        if data.left_out
        else ""
    )
    fingerprint = f" Fingerprint of their labelled applications: {data.recent_fingerprint}."
    return (
        f"{learned} closed cohorts of live applications; the latest is the hold-out, so that it is younger than all "
        "that was learned from. Outcomes are known for accepted applications and for explored ones: refused by the "
        "model and accepted all the same, a stated share, each standing for all that were refused like it."
        f"{weight}{left_out}{fingerprint}"
    )


def _cohorts(data: Data) -> ReportTable:
    return ReportTable(
        ("cohort", "applications", "outcome known", "of these explored", "defaults", "used for"),
        tuple(
            (row.cohort, f"{row.rows:,}", f"{row.labelled:,}", f"{row.explored:,}", f"{row.defaults:,}", row.role)
            for row in data.cohorts
        ),
        words=(0, 5),
    )


def _drift(results: Results) -> Section | None:
    if not results.drift:
        return None
    moved = [row for row in results.drift if row.psi >= drift.SLIGHT]
    count = f"{len(moved)} of {len(results.drift)} fields have a PSI of {drift.SLIGHT} or more"
    names = ": " + ", ".join(f"{row.field} ({row.psi:.2f})" for row in moved[:8]) if moved else ""
    drawing = drift.figure(results.drift, results.drifted_to)
    return Section(
        f"Drift from training to {results.drifted_to}",
        (f"{count}{names}.", Picture("drift", "Population stability index by field", png(drawing))),
    )


def _limits(results: Results) -> Section:
    rows = f"{results.data.hold_out_rows:,}"
    limits = [
        "Only applicants who were once accepted have an outcome: those who were refused are not in the data."
        if results.population != "accepted and explored"
        else "Of applicants who were refused only the explored have an outcome; each stands for many.",
        "No reject inference was made, so the probability of an applicant unlike any accepted one is an extrapolation.",
        "Groups are compared on approvals and calibration; equal treatment in law is a matter for a person.",
        "A contribution says what moved the model's answer, not what would change a client's life.",
        f"Intervals cover the sampling of {rows} applicants, not a change of the economy or the default rate.",
        "Costs are ratios, the same for each applicant, whatever the amount.",
    ]
    if results.data.absent:
        limits.append(f"Trained without {', '.join(results.data.absent)}: the history in there was not seen.")
    return Section("Limits", (Bullets(tuple(limits)),))


def _use(results: Results) -> Section:
    how = (
        "Over the Open Inference Protocol, one tensor a field; `GET` on the model's address lists them. The answer "
        "holds `probabilite_de_defaut` and `classe`."
    )
    request = (
        f"POST /v2/models/{results.model}/infer\n"
        '{"inputs": [{"name": "AMT_CREDIT", "shape": [1], "datatype": "FP64", "data": [406597.5]}, ...]}'
    )
    return Section("How to use", (how, Code(request)))
