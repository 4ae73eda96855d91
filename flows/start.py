"""The runs that people and schedules start, as plain functions of a few long steps.

A command runs one in its own process: under Prefect where its server is up, so that the run is seen there, and plainly
where none is. What a step is doing is told to `say`, which the step is given.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from flows.errors import FlowError
from flows.machine.services import prefect_environment
from flows.settings import Settings
from flows.steps import Say, Step, plainly
from training.bundle import Costs

if TYPE_CHECKING:
    from flows.deploy import Home
    from flows.runs.promote import Considered
    from flows.runs.retrain import Kind, Retrained
    from flows.runs.train import Trained
    from training.registry import Registry
    from training.registry.trail import Change


def run(name: str, settings: Settings, say: Say, **parameters: Any) -> Any:
    """Run `train`, `retrain`, `promote` or `rollback`: here, as a flow where Prefect's server is up, or as a Job."""
    if settings.in_cluster:
        from flows import jobs

        return jobs.run(name, settings, say, parameters)
    if not _is_up(settings):
        return PLAIN[name](settings, plainly(say), **parameters)
    os.environ.update(settings.environment | prefect_environment(settings))
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # `say` tells the command's user
    from flows.orchestration import flows  # seconds, and it reads its settings when it is imported

    with flows.telling(say):
        return flows.FLOWS[name](**parameters)


def live(settings: Settings, version: str | None, say: Say) -> str:
    """The version to work with in the state folder: one that is named, or the live one; fetched there in a cluster.

    Raises FlowError where nothing is live, RegistryError, BundleError.
    """
    if not settings.in_cluster:
        from flows.machine.platform import Platform

        number = version or Platform(settings).live
        if number is None:
            raise FlowError("no version is live here: `credence promote` puts one live")
        return number
    from training.bundle import MODEL, Bundle, remote
    from training.registry import Registry

    registry = Registry(settings.registry_url)
    number = version or home(settings, registry, say).live()
    if number is None:
        raise FlowError("no version is live in the cluster: `credence promote` puts one live")
    names = Bundle.open(registry.download(number, settings.models)).manifest.history
    remote.fetch_history(settings.registry_url, MODEL, names, settings.models)
    return number


def home(settings: Settings, registry: Registry, say: Say) -> Home:
    """Where versions go live by these settings."""
    if settings.in_cluster:
        from flows.deploy.cluster import Cluster

        return Cluster(settings, registry, say)
    from flows.deploy.laptop import Local
    from flows.machine.platform import Platform

    return Local(Platform(settings), registry, say)


def train(
    settings: Settings,
    step: Step,
    data: str | None = None,
    trials: int = 8,
    seed: int = 0,
    allow: list[str] | None = None,
    cost_fn: float = Costs.fn,
    cost_fp: float = Costs.fp,
) -> Trained:
    """A model from raw tables, registered as the next version. Raises RegistryError, DataError, TrainingError."""
    from flows.runs import train as training
    from training.registry import Registry
    from training.runs.train import Options

    registry = Registry(settings.registry_url)
    registry.aliases()  # a registry that is away is better known before the training than after it
    source = "synthetic" if data is None else "the folder given with --data"
    options = Options(seed=seed, trials=trials, costs=Costs(cost_fn, cost_fp), allow=tuple(allow or ()), source=source)
    given, clients = None if data is None else Path(data), training.SYNTHETIC_CLIENTS
    folder = step("raw tables", lambda say: training.data_folder(settings.folder, given, clients, seed, say))
    return step("model", lambda say: training.run(folder, options, registry, say))


def promote(
    settings: Settings,
    step: Step,
    by: str,
    version: str | None = None,
    approve: str | None = None,
    agreed: str | None = None,
    refused: str | None = None,
) -> Change:
    """A version judged, and live if the gate or a person's reason lets it. As `flows.runs.promote.promote`."""
    from flows.runs import promote as promotion
    from training.registry import Registry

    registry = Registry(settings.registry_url)

    def work(say: Say) -> Change:
        place, given = home(settings, registry, say), {"approve": approve, "agreed": agreed, "refused": refused}
        return promotion.promote(registry, settings, place, version, by=by, say=say, **given)

    return step("promotion", work)


def consider(settings: Settings, version: str | None, say: Say) -> Considered:
    """What the gate says of a version, by default the challenger. Raises as `flows.runs.promote.consider` does."""
    from flows.runs import promote as promotion
    from training.registry import Registry

    return promotion.consider(Registry(settings.registry_url), settings, version, say)


def rollback(settings: Settings, step: Step, by: str, why: str = "asked for") -> Change:
    """The previous champion live again. Raises as `flows.runs.promote` does."""
    from flows.runs import promote as promotion
    from training.registry import Registry

    registry = Registry(settings.registry_url)

    def work(say: Say) -> Change:
        return promotion.rollback(home(settings, registry, say), registry, by=by, why=why, say=say)

    return step("rollback", work)


def retrain(
    settings: Settings,
    step: Step,
    by: str,
    kind: Kind = "retrain",
    verdict: str = "",
    url: str | None = None,
    promotion: Callable[[str], Change | None] | None = None,
) -> Retrained:
    """A version learned from what has become known, and promoted: as `flows.runs.retrain.retrain`, with its errors.

    `promotion` is what becomes of the version, by default what `promote` does.
    """
    from flows.runs import retrain as retraining

    def at_once(version: str) -> Change:
        return promote(settings, step, by, version)

    return retraining.retrain(settings, step, promotion or at_once, verdict, kind, url)


def _is_up(settings: Settings) -> bool:
    try:
        return httpx.get(f"{settings.orchestrator_url}/api/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


PLAIN: dict[str, Callable[..., Any]] = {"train": train, "retrain": retrain, "promote": promote, "rollback": rollback}
