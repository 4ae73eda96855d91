"""How often the gate promotes a challenger that is truly better, equal or worse.

Applicants have a true log-odds of default; a model sees a signal of it and says exactly the probability that its signal
means, unless the case spoils that. Default rate 7.9 %, AUC of the champion 0.74, thresholds at 1/11, as the costs ask
for. The better of two knows all that the other one does; two equal ones decide 9 % of the applications differently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flows.gate.fairness import CHANGE, judge_groups, rate
from flows.gate.gate import Evidence, GateSide, judge
from training.bundle import Costs, Population
from training.bundle.groups import Members
from training.registry.trail import Answer, Gate

Floats = npt.NDArray[np.float64]

ROWS = (2_000, 5_000, 10_000, 20_000)
ROUNDS = 500
SHARE = 0.05
"""Of the refused applications that are accepted to learn from them."""
THRESHOLD = 1 / 11
SEED = 0

_LOCATION, _SPREAD = -3.0, 1.2
_CHAMPION = 0.82
"""Correlation of the champion's signal with the true log-odds."""
_ANEW = 0.95
"""Correlation of two equal models' signals."""
_GRID = np.linspace(-6, 6, 241)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
_GROUPS = {"gender": (0.65, 0.35), "family": (0.64, 0.15, 0.10, 0.06, 0.05), "age": (0.93, 0.07)}
"""Shares of protected groups, none of which any model treats differently."""
_POPULATIONS: tuple[Population, ...] = ("everybody", "accepted", "accepted and explored")
_FALLS = ("by its figure", "beyond its noise")
_HEAD = " | ".join(f"{rows:,} rows" for rows in ROWS)
_RULE = f"|---|{'---|' * len(ROWS)}"


@dataclass(frozen=True)
class Case:
    """A challenger: how much its signal knows, and what is done to its log-odds."""

    name: str
    knows: float = _CHAMPION
    spoil: Callable[[Floats], Floats] = lambda odds: odds


CASES = (
    Case("much better: AUC +0.024", 0.91),
    Case("better: AUC +0.012", 0.865),
    Case("a little better: AUC +0.005", 0.84),
    Case("equal: trained anew"),
    Case("worse: AUC -0.007", 0.80),
    Case("worse: odds a third too high", spoil=lambda odds: odds + np.log(4 / 3)),
    Case("worse: everybody three times safer", spoil=lambda odds: odds - np.log(3)),
)


def run() -> str:
    """How often each case was promoted, refused and undecided, as Markdown."""
    random = np.random.default_rng(SEED)
    counts: Counter[tuple[str, Population, int, Answer]] = Counter()
    for case in CASES:
        for _ in range(ROUNDS):
            counts.update((case.name, *rest) for rest in _round(case, random))
    parts = []
    for population in _POPULATIONS:
        head = [f"Outcomes of {_told(population)}:", "", f"| challenger | {_HEAD} |"]
        rows = [
            f"| {case.name} | {' | '.join(_cell(counts, case.name, population, n) for n in ROWS)} |" for case in CASES
        ]
        parts.append("\n".join([*head, _RULE, *rows]))
    told = f"Per cent of {ROUNDS:,} rounds: promoted / refused / undecided."
    return "\n\n".join([told, *parts, _falls(random)])


def draw(case: Case, rows: int, random: np.random.Generator) -> tuple[Floats, GateSide, GateSide]:
    """Outcomes [n], champion and challenger."""
    low, high = sorted((case.knows, _CHAMPION))
    together = _ANEW if low == high else low / high  # who knows more knows all that the other one does
    covariance = np.array([[1, _CHAMPION, case.knows], [_CHAMPION, 1, together], [case.knows, together, 1]])
    truth, old, new = np.linalg.cholesky(covariance) @ random.standard_normal((3, rows))
    outcome = random.random(rows) < _sigmoid(_LOCATION + _SPREAD * truth)
    said = _probability(new, case.knows)
    spoilt = _sigmoid(case.spoil(np.log(said / (1 - said))))
    return outcome.astype(float), GateSide(_probability(old, _CHAMPION), THRESHOLD), GateSide(spoilt, THRESHOLD)


def decide(outcome: Floats, champion: GateSide, challenger: GateSide, population: Population, lucky: Floats) -> Gate:
    """The gate's answer where only this population's outcomes are known; `lucky` [n] draws who is explored."""
    accepted = champion.accepts
    explored = ~accepted & (lucky < SHARE)
    known = {"everybody": accepted | True, "accepted": accepted, "accepted and explored": accepted | explored}
    weight = np.where(explored, 1 / SHARE, 1.0) if population == "accepted and explored" else np.ones(len(outcome))
    evidence = Evidence(
        cohort="1-1",
        population=population,
        challenger=challenger,
        champion=champion,
        first=False,
        outcome=np.where(known[population], outcome, np.nan),
        weight=weight,
        protected=_protected(lucky),
        costs=Costs(10, 1),
    )
    return judge(evidence, ())


def _protected(lucky: Floats) -> list[Members]:
    found = []
    for name, shares in _GROUPS.items():
        # other digits than those that draw who is explored
        group = np.searchsorted(np.cumsum(shares)[:-1], np.modf(lucky * 1009)[0])
        names = tuple(f"group {i}" for i in range(len(shares)))
        found.append(Members(name, names, group, names))
    return found


def _falls(random: np.random.Generator) -> str:
    """How often an equal model, which treats no group differently, would be refused for a group's fall."""
    (equal,) = (case for case in CASES if case.name.startswith("equal"))
    counts: Counter[tuple[str, int]] = Counter()
    for _ in range(ROUNDS):
        _, champion, challenger = draw(equal, max(ROWS), random)
        groups = random.random(max(ROWS))
        for rows in ROWS:
            new, old, protected = challenger.accepts[:rows], champion.accepts[:rows], _protected(groups[:rows])
            counts["by its figure", rows] += any(one.change.figure < -CHANGE for one in rate(protected, new, old))
            counts["beyond its noise", rows] += not judge_groups(protected, new, old).passed
    lines = [f"| {name} | {' | '.join(f'{100 * counts[name, n] / ROUNDS:.1f}' for n in ROWS)} |" for name in _FALLS]
    told = (
        f"A group's fall of {CHANGE}, per cent of {ROUNDS:,} rounds in which it refuses an equal, equally fair model:"
    )
    return "\n".join([told, "", f"| fall judged | {_HEAD} |", _RULE, *lines])


def _round(case: Case, random: np.random.Generator) -> Iterator[tuple[Population, int, Answer]]:
    outcome, champion, challenger = draw(case, max(ROWS), random)
    lucky = random.random(max(ROWS))
    for rows in ROWS:
        part = slice(0, rows)
        sides = (GateSide(side.probability[part], side.threshold) for side in (champion, challenger))
        old, new = sides
        for population in _POPULATIONS:
            yield population, rows, decide(outcome[part], old, new, population, lucky[part]).answer


def _probability(signal: Floats, knows: float) -> Floats:
    """What a signal that correlates so with the true log-odds says of its applicant: their mean by quadrature."""
    hidden = _SPREAD * np.sqrt(1 - knows**2) * _NODES
    exact = _sigmoid(_LOCATION + _SPREAD * knows * _GRID[:, None] + hidden) @ _WEIGHTS / _WEIGHTS.sum()
    return np.asarray(np.interp(signal, _GRID, exact))


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))


def _told(population: Population) -> str:
    return population if population != "accepted and explored" else f"the accepted and {SHARE:.0%} of the refused"


def _cell(counts: Counter[tuple[str, Population, int, Answer]], name: str, population: Population, rows: int) -> str:
    answers: tuple[Answer, ...] = ("promote", "refuse", "undecided")
    return " / ".join(f"{100 * counts[name, population, rows, answer] / ROUNDS:.1f}" for answer in answers)
