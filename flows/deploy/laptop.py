"""A version goes live on this machine: downloaded into the state folder, loaded by the predictor there."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from flows.clients.monitor import tell_live
from flows.clients.predictor import (
    check_replay,
    load_version,
    predictor_answers,
    served_version,
    watch_version,
)
from flows.deploy.history import make_history
from flows.errors import Busy, FlowError
from flows.machine.platform import Platform
from flows.steps import Say
from training.bundle import MODEL, Bundle, History
from training.registry import Registry


class Laptop:
    """The predictor among the processes of this machine."""

    def __init__(self, platform: Platform, registry: Registry, say: Say) -> None:
        self._platform = platform
        self._registry = registry
        self._say = say

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Held by a lock in the state folder, which ends with the process that holds it."""
        folder = self._platform.settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "promotion.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Busy(f"another promotion or rollback is at work in {folder}") from error
            yield

    def live(self) -> str | None:
        """What the predictor answers with, or else what it will be started with."""
        return served_version(self._platform.settings.admin_url, MODEL) or self._platform.live

    def deploy(self, version: str) -> None:
        """Download a version, make its client history, and let the predictor load it, or start one with it."""
        settings = self._platform.settings
        path = settings.models / version
        if not path.exists():  # the registry is not asked for what is here: an old version is put back without it
            self._say(f"downloading version {version}")
            self._registry.download(version, settings.models)
        manifest = Bundle.open(path).manifest
        if manifest.history and not History.path_for(settings.models, manifest.history).exists():
            make_history(settings.models, manifest, self._registry.version(version).source, self._say)
        if "predictor" in self._platform.running() and predictor_answers(settings.predictor_url):
            load_version(settings.admin_url, MODEL, version)
        else:
            self._platform.start_predictor(version, self._say)

    def prove(self, version: str) -> None:
        """Ask on the admin port, where nothing is recorded."""
        settings = self._platform.settings
        agreed = check_replay(settings.admin_url, version, Bundle.open(settings.models / version))
        self._say(f"version {version} answers {agreed} replay applications as in training")

    def watch(self, version: str) -> None:
        """For `watch_seconds`."""
        settings = self._platform.settings
        self._say(f"watching version {version} for {settings.watch_seconds:g} s")
        watch_version(settings.predictor_url, MODEL, version, settings.watch_seconds)

    def establish(self, version: str) -> None:
        """Write it down for `credence up`; neither monitor nor explainer can hold a promotion up."""
        settings = self._platform.settings
        self._platform.live = version
        tell_live(settings, version, self._say)
        try:
            self._platform.start_explainer(version, self._say)
        except FlowError as error:
            self._say(f"version {version} is not explained: {error}")

    def withdraw(self) -> None:
        """End the predictor; `credence up` starts none."""
        self._platform.down(self._say, only=("predictor",))
        (self._platform.settings.folder / "live").unlink(missing_ok=True)
