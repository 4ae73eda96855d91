"""The runs that people and schedules start, as plain functions with a few long steps.

A step reports its progress to its `say`. `flow_run` is the id of Prefect's run, if there is one. Modules that take
seconds to import are imported when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.runs.decision import HumanDecision, approval
from flows.settings import PlatformSettings
from flows.steps import Say, Step
from training.bundle import Costs

if TYPE_CHECKING:
    from flows.runs.promote import Considered
    from flows.runs.retrain import Kind, Retrained
    from flows.runs.train import Trained
    from training.registry.trail import Change


def train(
    settings: PlatformSettings,
    step: Step,
    data: str | None = None,
    trials: int = 8,
    seed: int = 0,
    allow: list[str] | None = None,
    cost_fn: float = Costs.fn,
    cost_fp: float = Costs.fp,
    flow_run: str | None = None,
) -> Trained:
    """Train a model on raw tables and register it as the next version.

    Raises RegistryError, DataError, TrainingError.
    """
    from flows.runs.train import SYNTHETIC_CLIENTS, data_folder, train_and_register
    from training.registry import Registry
    from training.runs.train import Options

    registry = Registry(settings.registry_url, flow_run=flow_run)
    registry.aliases()  # if the registry does not answer, fail before the training and not after it
    source = "synthetic" if data is None else "the folder given with --data"
    options = Options(seed=seed, trials=trials, costs=Costs(cost_fn, cost_fp), allow=tuple(allow or ()), source=source)
    given, clients = None if data is None else Path(data), SYNTHETIC_CLIENTS
    folder = step("raw tables", lambda say: data_folder(settings.folder, given, clients, seed, say))
    return step("model", lambda say: train_and_register(folder, options, registry, say))


def promote(
    settings: PlatformSettings,
    step: Step,
    by: str,
    version: str | None = None,
    decision: HumanDecision | None = None,
    flow_run: str | None = None,
) -> Change:
    """Judge a version, and put it live if the gate or a person's decision allows it. Raises as `promote_version`."""
    from flows.deploy.home import home_for
    from flows.runs.promote import promote_version
    from training.registry import Registry

    registry = Registry(settings.registry_url, flow_run=flow_run)

    def work(say: Say) -> Change:
        return promote_version(
            registry, settings, home_for(settings, registry, say), version, by=by, say=say, decision=decision
        )

    return step("promotion", work)


def consider(settings: PlatformSettings, version: str | None, say: Say) -> Considered:
    """The gate's answer about a version, by default the challenger. Raises as `consider_version` does."""
    from flows.runs.promote import consider_version
    from training.registry import Registry

    return consider_version(Registry(settings.registry_url), settings, version, say)


def rollback(
    settings: PlatformSettings, step: Step, by: str, why: str = "asked for", flow_run: str | None = None
) -> Change:
    """Put the previous champion live again. Raises as `return_to_previous` does."""
    from flows.deploy.home import home_for
    from flows.runs.promote import return_to_previous
    from training.registry import Registry

    registry = Registry(settings.registry_url, flow_run=flow_run)

    def work(say: Say) -> Change:
        return return_to_previous(home_for(settings, registry, say), registry, by=by, why=why, say=say)

    return step("rollback", work)


def retrain(
    settings: PlatformSettings,
    step: Step,
    by: str,
    kind: Kind = "retrain",
    verdict: str = "",
    flow_run: str | None = None,
    promotion: Callable[[str], Change | None] | None = None,
) -> Retrained:
    """Train a version with the newly known outcomes, and promote it. Raises as `retrain_and_promote` does.

    `promotion` is called with the new version; the default is `promote`.
    """
    from flows.runs.retrain import retrain_and_promote

    def at_once(version: str) -> Change:
        return promote(settings, step, by, version, flow_run=flow_run)

    return retrain_and_promote(settings, step, promotion or at_once, verdict, kind, flow_run)


def _promote_for_command(
    settings: PlatformSettings, step: Step, by: str, version: str | None = None, approve: str | None = None
) -> Change:
    return promote(settings, step, by, version, approval(approve))


PLAIN: dict[str, Callable[..., Any]] = {
    "train": train,
    "retrain": retrain,
    "promote": _promote_for_command,
    "rollback": rollback,
}
"""The runs by name; each has the parameters of the flow with this name."""
