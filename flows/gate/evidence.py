"""The gate's evidence: the probabilities of champion and challenger on one cohort, and checks of the challenger."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flows.clients.monitor import closed_cohorts, fetch_records
from flows.errors import NotUp
from flows.gate import gate
from flows.gate.gate import Evidence, GateSide
from flows.settings import PlatformSettings
from flows.steps import Say
from monitoring.verdict import Cohort
from training.bundle import Bundle, BundleError, Manifest, Population, Rows, groups
from training.registry.trail import Criterion

HOLD_OUT = "hold-out"
_AGREEMENT = 1e-4
"""Largest difference between the margin and the sum of contributions: the sum is float64, the margin was float32."""


def gather_evidence(settings: PlatformSettings, champion: str, old: Bundle, new: Bundle, say: Say) -> Evidence | str:
    """The champion's latest closed cohort, scored by both versions. If there is no evidence, a sentence that says why.

    Raises FlowError for an invalid answer of the monitor.
    """
    try:
        latest = latest_cohort(closed_cohorts(settings), champion)
        if latest is None:
            return f"no closed cohort of version {champion}: what became of its decisions is not known yet"
        table = fetch_records(settings, latest.id)
    except NotUp as error:
        return str(error)
    say(f"comparing on cohort {latest.id}: {len(table):,} applications, {latest.labelled:,} outcomes")
    return compare(latest.id, latest.population, table, old, new)


def latest_cohort(closed: Sequence[Cohort], version: str) -> Cohort | None:
    """The cohort of a version's last window; None if no cohort is closed. Another cohort may have closed later."""
    return max(
        (cohort for cohort in closed if cohort.version == version), key=lambda cohort: cohort.number, default=None
    )


def compare(cohort: str, population: Population, table: pa.Table, old: Bundle, new: Bundle) -> Evidence | str:
    """A cohort's records, scored by both versions. If a version's columns are missing, a sentence that says so."""
    try:
        rows, old_rows = (Rows.from_table(table, bundle.manifest) for bundle in (new, old))
    except BundleError as error:
        return f"the records of cohort {cohort} do not hold what both versions read: {error}"
    learned = _learned(table, new, old)
    outcome = _floats(table, "outcome")
    policy = new.manifest.policy
    return Evidence(
        cohort=cohort,
        population=population,
        challenger=GateSide(new.score(rows).probability, policy.threshold),
        champion=GateSide(old.score(old_rows).probability, old.manifest.policy.threshold),
        first=False,
        outcome=np.where(learned, np.nan, outcome),
        weight=_floats(table, "weight"),
        protected=groups.protected(new.manifest, rows),
        costs=policy.costs,
        dropped=int((learned & ~np.isnan(outcome)).sum()),
    )


def hold_out(bundle: Bundle) -> Evidence:
    """A first version on its own hold-out, compared with a constant.

    The constant is the hold-out's default rate; no constant that is known before could be better there. It refuses
    above the threshold that follows from the costs alone.
    """
    table, policy = bundle.reference(), bundle.manifest.policy
    outcome = _floats(table, "outcome")
    weight = _floats(table, "weight")
    known = ~np.isnan(outcome)
    rate = float(np.average(outcome[known], weights=weight[known])) if known.any() else 0.5
    return Evidence(
        cohort=HOLD_OUT,
        population=bundle.manifest.population,
        challenger=GateSide(_floats(table, "probability"), policy.threshold),
        champion=GateSide(np.full(len(table), rate), policy.costs.threshold),
        first=True,
        outcome=outcome,
        weight=weight,
        protected=groups.protected(bundle.manifest, Rows.from_table(table, bundle.manifest)),
        costs=policy.costs,
    )


def fitness(old: Bundle | None, new: Bundle) -> tuple[Criterion, ...]:
    """(f): the criteria that a version must meet apart from its figures."""
    criteria = (_replay(new), _contributions(new), gate.alarms(new.manifest.alarms))
    return criteria if old is None else (gate.schema(_datatypes(old.manifest), _datatypes(new.manifest)), *criteria)


def _learned(table: pa.Table, *bundles: Bundle) -> npt.NDArray[np.bool_]:
    clients, ids = table.column("client").to_pylist(), table.column("id").to_pylist()
    keys: Sequence[int | str] = [
        record if client is None else client for client, record in zip(clients, ids, strict=True)
    ]
    learned: npt.NDArray[np.bool_] = np.any([bundle.learned_from(keys) for bundle in bundles], axis=0)
    return learned


def _floats(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = table.column(name).cast(pa.float64()).to_numpy()
    return values


def _datatypes(manifest: Manifest) -> dict[str, str]:
    return {field.name: field.datatype for field in manifest.fields}


def _replay(bundle: Bundle) -> Criterion:
    try:
        bundle.check_replay()
    except BundleError as error:
        return Criterion(name="replay", passed=False, sentence=str(error))
    return Criterion(name="replay", passed=True, sentence="its replay applications are answered as in training")


def _contributions(bundle: Bundle) -> Criterion:
    """Whether each feature's contribution to a decision is exact; without that, no reasons can be given."""
    rows, _ = bundle.replay()
    try:
        worst = float(np.abs(bundle.contributions(rows).sum(axis=1) - bundle.score(rows).margin).max())
    except BundleError as error:
        sentence = f"a {bundle.manifest.family} without exact contributions: {error}"
        return Criterion(name="contributions", passed=False, sentence=sentence)
    sentence = f"contributions add up to the margin within {worst:.0e}, {_AGREEMENT:.0e} is allowed"
    return Criterion(
        name="contributions", passed=worst <= _AGREEMENT, figure=worst, limit=_AGREEMENT, sentence=sentence
    )
