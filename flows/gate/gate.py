"""Whether a challenger should take the champion's place, from what both say of the same applications.

Three answers. A criterion that fails makes it `refuse`; one that nothing can be told about makes it `undecided`; only
when all hold is it `promote`. Outcomes are weighted, 1 for an accepted application and 1/share for an explored one, so
that what is compared holds for all who applied; differences are paired, row by row, and their 95 % intervals come from
the linearised weighted mean. In simulations an equal challenger passed the log loss in 2.1 to 2.6 % of the cases, in
3.0 % with a twentieth of the refused explored, and all criteria together in at most 2.2 %.
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
"""With fewer, intervals of log loss and cost are too wide and too skewed to decide by."""
FEWEST_EXPLORED = 20
"""Defaults among the explored: with fewer, each standing for many, a challenger that scores the refused a tenth safer
than they are passed in up to a quarter of the simulated cases; with as many in at most 2 %."""
COST_MARGIN = 0.05
"""Cost may be higher by less than this share, with its upper bound: cost alone is too noisy to ask for more."""
APPROVAL_MARGIN = 0.05
"""Approval rates may differ by this: more is a change of business, which is a person's to make."""

_OVERRIDABLE = frozenset({"approval", fairness.NAME, "alarms"})
"""What a person may approve although it fails; a worse model or one that does not answer as trained is not among it."""
_CLIP = 1e-15


@dataclass(frozen=True)
class GateSide:
    """One of the two: its probability [n] for every application, and from which on it refuses."""

    probability: Floats
    threshold: float

    @property
    def accepts(self) -> Bools:
        """Its decisions [n]."""
        return self.probability < self.threshold


@dataclass(frozen=True)
class Evidence:
    """Applications with what champion and challenger say of them, and what became of some."""

    cohort: str
    population: Population
    challenger: GateSide
    champion: GateSide
    first: bool
    """The champion is no model but the constant that a first version is compared with."""
    outcome: Floats
    """[n] 1 defaulted, 0 repaid, NaN unknown or learned from."""
    weight: Floats
    """[n], read where an outcome is known."""
    protected: Sequence[Members]
    costs: Costs
    """What wrong decisions cost: the challenger's, which are the newer ones."""
    dropped: int = 0


def judge(evidence: Evidence | str, fitness: Sequence[Criterion]) -> Gate:
    """The gate's answer; `fitness` are the criteria that need no applications, a text says why there are none."""
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
    """Whether both take the same fields, given as datatypes by name: callers must not have to change."""
    changed = [
        f"{name} is {challenger.get(name, 'not there')}, was {champion.get(name, 'not there')}"
        for name in {**champion, **challenger}
        if champion.get(name) != challenger.get(name)
    ]
    told = f"{len(changed)} fields differ from the champion's, the first: {changed[0]}" if changed else ""
    return Criterion(name="schema", passed=not changed, sentence=told or f"the same {len(champion)} fields")


def alarms(found: Sequence[str]) -> Criterion:
    """Whether training raised no alarm."""
    return Criterion(name="alarms", passed=not found, sentence=" ".join(found) or "training raised no alarm")


def _gate(
    criteria: tuple[Criterion, ...],
    cohort: str | None,
    population: Population | None,
    rows: int,
    outcome: Floats,
    dropped: int,
) -> Gate:
    failed = [criterion for criterion in criteria if criterion.passed is False]
    untold = [criterion for criterion in criteria if criterion.passed is None]
    answer: Answer = "refuse" if failed else "undecided" if untold else "promote"
    decisive = failed or untold
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
        sentence = f"all {defaults:,} known outcomes are defaults: nobody repaid yet"
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
    found = []
    if not evidence.first:
        found.append(_approval(evidence))
        explored = int(evidence.outcome[known & ~evidence.champion.accepts].sum())
        if explored < FEWEST_EXPLORED:
            found.append(_refusals(evidence, explored))
    champion = None if evidence.first else evidence.champion.accepts
    return (*found, fairness.judge_groups(evidence.protected, evidence.challenger.accepts, champion))


def _log_loss(challenger: GateSide, champion: GateSide, outcome: Floats, weight: Floats, same: bool) -> Criterion:
    """(a): lower, with its upper bound."""
    difference = weighted_mean(_losses(challenger, outcome) - _losses(champion, outcome), weight)
    sentence = f"log loss differs by {difference:+.4f}: it must be below 0 with its upper bound"
    if same:  # a change of policy alone, which the cost decides
        sentence = "both say the same probabilities"
    return difference.criterion("log loss", same or difference.high < 0, 0.0, sentence)


def _cost(
    evidence: Evidence, sides: tuple[GateSide, GateSide], outcome: Floats, weight: Floats, same: bool
) -> Criterion:
    """(b): not higher at each one's own threshold, its upper bound below the margin, as a share of the champion's."""
    new, old = (_costs(side, outcome, evidence) for side in sides)
    limit = 0.0 if same else COST_MARGIN
    difference = ratio(new - old, old, weight)
    if difference is None:
        sentence = "the champion's decisions cost nothing: there is nothing to compare with"
        return Criterion(name="cost", passed=False, sentence=sentence)
    sentence = f"cost differs by {difference:+.1%}: it must not be higher, and below {limit:+.0%} with its upper bound"
    return difference.criterion("cost", difference.figure <= 0 and difference.high < limit, limit, sentence)


def _calibration(challenger: GateSide, champion: GateSide, outcome: Floats, weight: Floats) -> Criterion:
    """(c): observed over expected defaults contains 1, or is nearer to it than the champion's."""
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
    found = ratio(outcome, side.probability, weight)
    return found and found.on_log_scale()


def _approval(evidence: Evidence) -> Criterion:
    """(d): the approval rate within the margin."""
    new, old = (side.accepts.astype(float) for side in (evidence.challenger, evidence.champion))
    difference = weighted_mean(new - old, np.ones(len(new)))
    sentence = (
        f"it accepts {new.mean():.1%}, the champion {old.mean():.1%}: "
        f"at most {100 * APPROVAL_MARGIN:.0f} points may lie between"
    )
    passed = abs(difference.figure) <= APPROVAL_MARGIN
    return difference.criterion("approval", passed, APPROVAL_MARGIN, sentence)


def _refusals(evidence: Evidence, explored: int) -> Criterion:
    """Hardly anything is known of the refused, so accepting more of them is not decided by the accepted's outcomes."""
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
