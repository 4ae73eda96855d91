"""The reasons for the model, the threshold and the treatment of the rare class, as sentences with the run's figures."""

from __future__ import annotations

from collections.abc import Sequence

from training.measures import evaluation
from training.reports.results import Results
from training.reports.table import interval, percent
from training.selection.imbalance import NONE, TreatmentRow


def model(results: Results) -> str:
    """Why the chosen family won."""
    if results.parent is not None:
        return (
            f"It is version {results.parent}'s, whose card says why. Its ranking of applicants holds; what has moved "
            "is how many of them default, so its margins were given other probabilities and nothing was learned again."
        )
    ordered = sorted(results.candidates, key=lambda candidate: (candidate.cost.value, candidate.family))
    chosen = next(candidate for candidate in ordered if candidate.family == results.chosen)
    won = (
        f"The candidate {chosen.family} costs {interval(chosen.cost)} per applicant in cross-validation, on the folds "
        "that all candidates share; the lowest cost is chosen."
    )
    others = [candidate for candidate in ordered if candidate is not chosen]
    if not others:
        return f"{won} It had no competitor."
    next_best = others[0]
    change = next_best.cost.value / chosen.cost.value - 1
    apart = next_best.cost.low > chosen.cost.high or next_best.cost.high < chosen.cost.low
    doubt = "the intervals are apart" if apart else "the intervals overlap, so another sample might choose the other"
    ranked = f"Its AUC is {interval(chosen.auc)}, against {interval(next_best.auc)}."
    return f"{won} The next, {next_best.family}, costs {interval(next_best.cost)} ({change:+.1%}): {doubt}. {ranked}"


def treatment(results: Results) -> str:
    """Why defaults are neither weighted nor resampled."""
    if results.parent is not None:
        return f"As in version {results.parent}: none."
    stance = (
        "Defaults are rare. The model is trained on them as they are and its probabilities are calibrated, since a "
        "calibrated probability has its best threshold where the costs put it."
    )
    if not results.imbalance:
        return f"{stance} This run did not compare other treatments."
    return f"{stance} {_comparison(results.imbalance)}"


def threshold(results: Results) -> str:
    """Why this threshold was chosen."""
    policy = results.policy
    theoretical = policy.costs.threshold
    inside = policy.threshold_low <= theoretical <= policy.threshold_high
    agreement = (
        "lies inside the interval: nothing here speaks against taking the probabilities at their word"
        if inside
        else "lies outside of the interval, so the probabilities near it are not exact"
    )
    return (
        f"A default that was accepted costs {policy.cost_fn:g}, a good client who was refused {policy.cost_fp:g}. "
        f"{_chosen(results)} The theoretical threshold, {theoretical:.4f}, {agreement}."
    )


def _chosen(results: Results) -> str:
    policy = results.policy
    range_ = f"with a 95 % interval of {policy.threshold_low:.4f} to {policy.threshold_high:.4f}"
    if results.parent is not None:
        return (
            f"Refusing begins at {policy.threshold:.4f}, {range_}, as in version {results.parent}: the "
            "probabilities it was chosen for mean again what they meant, so it stays."
        )
    return (
        f"On validation data refusing from {policy.threshold:.4f} on costs least, {range_}. It is the mean of the "
        "cheapest thresholds of many resamples, since the lowest point of one sample is mostly luck."
    )


def accuracy(results: Results) -> str:
    """What the decisions save, and why accuracy does not show it."""
    metrics, policy = results.metrics, results.policy
    paid, approve_all = metrics[evaluation.COST], metrics[evaluation.ACCURACY_APPROVE_ALL].value
    everybody = policy.cost_fn * (1 - approve_all)
    change = paid.value / everybody - 1 if everybody else 0.0
    return (
        f"On the hold-out an applicant costs {interval(paid)}; approving everybody would cost {everybody:.3f}, so the "
        f"model changes the cost by {change:+.1%}, and approves {percent(metrics[evaluation.APPROVAL_RATE])}. Accuracy "
        f"is {interval(metrics[evaluation.ACCURACY])}, against {approve_all:.3f} for approving everybody: it counts "
        "both errors alike, so it does not decide anything here."
    )


def _comparison(rows: Sequence[TreatmentRow]) -> str:
    (plain,) = (row for row in rows if row.treatment == NONE and row.calibrated)
    cheapest = min((row for row in rows if row.calibrated and row is not plain), key=lambda row: row.cost.value)
    distorted = max((row for row in rows if not row.calibrated), key=lambda row: row.ece.value)
    change = cheapest.cost.value / plain.cost.value - 1
    within = plain.cost.low <= cheapest.cost.value <= plain.cost.high
    verdict = (
        "the difference is within the interval, so resampling and weights buy nothing here"
        if within
        else "the difference is beyond the interval, so this treatment deserves a closer look"
        if change < 0
        else "every treatment costs more"
    )
    return (
        f"Without a treatment and calibrated, an applicant costs {interval(plain.cost)}. The cheapest treatment, "
        f"{cheapest.treatment}, costs {interval(cheapest.cost)} ({change:+.1%}): {verdict}. What treatments do change "
        f"is the probability: {distorted.treatment}, as it comes, has an expected calibration error of "
        f"{distorted.ece.value:.3f} (none, calibrated: {plain.ece.value:.3f}) and expects "
        f"{1 / distorted.observed_expected.value:.1f} times the defaults that happen, so refusing at the theoretical "
        f"threshold would cost {interval(distorted.cost_theoretical)}."
    )
