"""Decides if a challenger should replace the champion, from the probabilities of both on the same applications.

There are three answers: `refuse` if a criterion fails, `undecided` if a criterion cannot be judged, and `promote` only
if all criteria hold. An outcome has the weight 1 for an accepted application and 1/share for an explored one. So the
comparison is valid for all applicants. Differences are paired by row, and their 95 % intervals come from the linearised
weighted mean. In simulations, an equal challenger passed the criterion of log loss in 2.1 to 2.6 % of the cases. This
was 3.0 % if a twentieth of the refused was explored. It passed all criteria together in at most 2.2 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flows.gate import fairness
from flows.gate.estimates import Estimate, ratio, weighted_mean
from training.bundle import Costs, Population
from training.bundle.groups import Members
from training.registry.trail import Answer, Criterion, Gate

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEWEST_DEFAULTS = 200
"""With fewer defaults, the intervals of log loss and cost are too wide and too skewed for a decision."""
FEWEST_EXPLORED = 20
"""Fewest defaults among the explored. With fewer, each has a large weight: in up to a quarter of the simulated cases, a
challenger passed that scores the refused a tenth too safe. With 20, it passed in at most 2 %."""
COST_MARGIN = 0.05
"""The upper bound of the change in cost must be below this share. Cost is too noisy for a stricter limit."""
APPROVAL_MARGIN = 0.05
"""Approval rates may differ by this much. A larger change is a change of business, which a person must decide."""

_OVERRIDABLE = frozenset({"approval", fairness.NAME, "alarms"})
"""Criteria that a person may override when they fail. A worse model, or one that does not answer as in training, is
never approved."""
_CLIP = 1e-15


@dataclass(frozen=True)
class GateSide:
    """Champion or challenger: its probability [n] for each application, and the threshold from which it refuses."""

    probability: Floats
    threshold: float

    @property
    def accepts(self) -> Bools:
        """Whether it accepts each application [n]."""
        return self.probability < self.threshold


@dataclass(frozen=True)
class Evidence:
    """Applications with the probabilities of champion and challenger, and the known outcomes."""

    cohort: str
    population: Population
    challenger: GateSide
    champion: GateSide
    first: bool
    """Whether the champion is not a model, but the constant that a first version is compared with."""
    outcome: Floats
    """[n]: 1 for defaulted, 0 for repaid, NaN if unknown or used in training."""
    weight: Floats
    """[n]; used only for known outcomes."""
    protected: Sequence[Members]
    costs: Costs
    """Costs of wrong decisions, from the challenger, whose costs are newer."""
    dropped: int = 0


def judge(evidence: Evidence | str, fitness: Sequence[Criterion]) -> Gate:
    """The gate's answer. `fitness` are the criteria that need no applications. If `evidence` is a text, it says why
    there is no evidence.
    """
    if isinstance(evidence, str):
        criteria = (Criterion(name="evidence", passed=None, sentence=evidence), *fitness)
        return _gate(criteria, None, None, 0, np.zeros(0), 0)
    known = ~np.isnan(evidence.outcome)
    criteria = (*_with_outcomes(evidence, known), *_without_outcomes(evidence, known), *fitness)
    return _gate(criteria, evidence.cohort, evidence.population, len(known), evidence.outcome[known], evidence.dropped)


def may_go_live(gate: Gate, approved: bool) -> bool:
    """Whether the version may go live, given whether a person approved it."""
    failed = {criterion.name for criterion in gate.criteria if criterion.passed is False}
    return gate.answer == "promote" or (approved and failed <= _OVERRIDABLE)


def schema(champion: Mapping[str, str], challenger: Mapping[str, str]) -> Criterion:
    """Whether both have the same fields, given as datatypes by name, so that callers need no change."""
    changed = [
        f"{name} is {challenger.get(name, 'not there')}, was {champion.get(name, 'not there')}"
        for name in {**champion, **challenger}
        if champion.get(name) != challenger.get(name)
    ]
    sentence = f"{len(changed)} fields differ from the champion's, the first: {changed[0]}" if changed else ""
    return Criterion(name="schema", passed=not changed, sentence=sentence or f"the same {len(champion)} fields")


def alarms(messages: Sequence[str]) -> Criterion:
    """Whether training raised no alarm."""
    return Criterion(name="alarms", passed=not messages, sentence=" ".join(messages) or "training raised no alarm")


def _gate(
    criteria: tuple[Criterion, ...],
    cohort: str | None,
    population: Population | None,
    rows: int,
    outcome: Floats,
    dropped: int,
) -> Gate:
    failed = [criterion for criterion in criteria if criterion.passed is False]
    undecided = [criterion for criterion in criteria if criterion.passed is None]
    answer: Answer = "refuse" if failed else "undecided" if undecided else "promote"
    decisive = failed or undecided
    sentences = [f"{criterion.name}: {criterion.sentence}" for criterion in decisive]
    return Gate(
        answer=answer,
        why="; ".join(dict.fromkeys(sentences)) or f"all {len(criteria)} criteria hold",
        criteria=criteria,
        cohort=cohort,
        population=population,
        rows=rows,
        labelled=len(outcome),
        defaults=int(outcome.sum()),
        dropped=dropped,
    )


def _with_outcomes(evidence: Evidence, known: Bools) -> tuple[Criterion, ...]:
    outcome = evidence.outcome[known]
    defaults = int(outcome.sum())
    if defaults < FEWEST_DEFAULTS:
        left_out = f" ({evidence.dropped:,} more were learned from)" if evidence.dropped else ""
        sentence = f"{defaults} defaults among {len(outcome):,} known outcomes{left_out}, {FEWEST_DEFAULTS} are needed"
        return (Criterion(name="defaults", passed=None, figure=defaults, limit=FEWEST_DEFAULTS, sentence=sentence),)
    if defaults == len(outcome):
        sentence = f"all {defaults:,} known outcomes are defaults, no repayment is known yet"
        return (Criterion(name="defaults", passed=None, figure=defaults, sentence=sentence),)
    weight = evidence.weight[known]
    challenger, champion = (
        GateSide(side.probability[known], side.threshold) for side in (evidence.challenger, evidence.champion)
    )
    same = bool((challenger.probability == champion.probability).all())
    return (
        _log_loss(challenger, champion, outcome, weight, same),
        _cost(evidence, (challenger, champion), outcome, weight, same),
        _calibration(challenger, champion, outcome, weight),
    )


def _without_outcomes(evidence: Evidence, known: Bools) -> tuple[Criterion, ...]:
    criteria = []
    if not evidence.first:
        criteria.append(_approval(evidence))
        explored = int(evidence.outcome[known & ~evidence.champion.accepts].sum())
        if explored < FEWEST_EXPLORED:
            criteria.append(_refusals(evidence, explored))
    champion = None if evidence.first else evidence.champion.accepts
    return (*criteria, fairness.judge_groups(evidence.protected, evidence.challenger.accepts, champion))


def _log_loss(challenger: GateSide, champion: GateSide, outcome: Floats, weight: Floats, same: bool) -> Criterion:
    """(a): the log loss is lower, and so is the upper bound of the difference."""
    difference = weighted_mean(_losses(challenger, outcome) - _losses(champion, outcome), weight)
    sentence = f"log loss differs by {difference:+.4f}: it must be below 0 with its upper bound"
    if same:  # only the policy changed, and the cost decides about that
        sentence = "both say the same probabilities"
    return difference.criterion("log loss", same or difference.high < 0, 0.0, sentence)


def _cost(
    evidence: Evidence, sides: tuple[GateSide, GateSide], outcome: Floats, weight: Floats, same: bool
) -> Criterion:
    """(b): the cost is not higher, and the upper bound of the difference is below the margin.

    Each decides at its own threshold. Figures are shares of the champion's cost.
    """
    new, old = (_costs(side, outcome, evidence) for side in sides)
    limit = 0.0 if same else COST_MARGIN
    difference = ratio(new - old, old, weight)
    if difference is None:
        sentence = "the champion's decisions cost nothing: there is nothing to compare with"
        return Criterion(name="cost", passed=False, sentence=sentence)
    sentence = f"cost differs by {difference:+.1%}: it must not be higher, and below {limit:+.0%} with its upper bound"
    return difference.criterion("cost", difference.figure <= 0 and difference.high < limit, limit, sentence)


def _calibration(challenger: GateSide, champion: GateSide, outcome: Floats, weight: Floats) -> Criterion:
    """(c): the interval of observed over expected defaults contains 1, or the figure is nearer to 1 than before."""
    new, old = (_expected(side, outcome, weight) for side in (challenger, champion))
    if new is None or old is None:
        return Criterion(name="calibration", passed=False, sentence="one of the two expects no defaults at all")
    nearer = abs(np.log(new.figure)) < abs(np.log(old.figure))
    sentence = (
        f"observed / expected defaults is {new:.2f}, the champion's {old.figure:.2f}: "
        "its interval must contain 1, or it must be nearer to 1"
    )
    return new.criterion("calibration", new.low <= 1 <= new.high or bool(nearer), 1.0, sentence)


def _expected(side: GateSide, outcome: Floats, weight: Floats) -> Estimate | None:
    estimate = ratio(outcome, side.probability, weight)
    return estimate and estimate.on_log_scale()


def _approval(evidence: Evidence) -> Criterion:
    """(d): the approval rate differs by at most the margin."""
    new, old = (side.accepts.astype(float) for side in (evidence.challenger, evidence.champion))
    difference = weighted_mean(new - old, np.ones(len(new)))
    sentence = (
        f"it accepts {new.mean():.1%}, the champion {old.mean():.1%}: "
        f"at most {100 * APPROVAL_MARGIN:.0f} points may lie between"
    )
    passed = abs(difference.figure) <= APPROVAL_MARGIN
    return difference.criterion("approval", passed, APPROVAL_MARGIN, sentence)


def _refusals(evidence: Evidence, explored: int) -> Criterion:
    """Whether it refuses at least as many: too little is known about the refused to justify accepting more of them."""
    new, old = (int((~side.accepts).sum()) for side in (evidence.challenger, evidence.champion))
    sentence = f"it refuses {new:,}, the champion {old:,}"
    if new < old:
        sentence += (
            f": of explored applications {explored} defaults are known, {FEWEST_EXPLORED} are needed "
            "to tell what accepting more of the refused costs"
        )
    return Criterion(name="refusals", passed=None if new < old else True, figure=new, limit=old, sentence=sentence)


def _losses(side: GateSide, outcome: Floats) -> Floats:
    probability = np.clip(side.probability, _CLIP, 1 - _CLIP)
    return -np.log(np.where(outcome == 1, probability, 1 - probability))


def _costs(side: GateSide, outcome: Floats, evidence: Evidence) -> Floats:
    return np.where(side.accepts, evidence.costs.fn * outcome, evidence.costs.fp * (1 - outcome))
