"""A version goes live on this machine: it is downloaded into the state folder, and the predictor loads it there."""

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
    """The predictor on this machine, as a place for the live version."""

    def __init__(self, platform: Platform, registry: Registry, say: Say) -> None:
        self._platform = platform
        self._registry = registry
        self._say = say

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a lock in the state folder, which ends when its process ends."""
        folder = self._platform.settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "promotion.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Busy(f"another promotion or rollback is at work in {folder}") from error
            yield

    def live(self) -> str | None:
        """The version that the predictor answers with, or else the version that it will be started with."""
        return served_version(self._platform.settings.admin_url, MODEL) or self._platform.live

    def deploy(self, version: str) -> None:
        """Download a version, make its client history, and let the predictor load it, or start a predictor with it."""
        settings = self._platform.settings
        path = settings.models / version
        if not path.exists():  # an old version can go live again without the registry
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
        """Ask on the admin port, which records nothing."""
        settings = self._platform.settings
        agreed = check_replay(settings.admin_url, version, Bundle.open(settings.models / version))
        self._say(f"version {version} answers {agreed} replay applications as in training")

    def watch(self, version: str) -> None:
        """Watch the version for `watch_seconds`."""
        settings = self._platform.settings
        self._say(f"watching version {version} for {settings.watch_seconds:g} s")
        watch_version(settings.predictor_url, MODEL, version, settings.watch_seconds)

    def establish(self, version: str) -> None:
        """Store the version for `credence up`. A failure of monitor or explainer does not stop the promotion."""
        settings = self._platform.settings
        self._platform.live = version
        tell_live(settings, version, self._say)
        try:
            self._platform.start_explainer(version, self._say)
        except FlowError as error:
            self._say(f"version {version} is not explained: {error}")

    def withdraw(self) -> None:
        """End the predictor; `credence up` then starts none."""
        self._platform.down(self._say, only=("predictor",))
        (self._platform.settings.folder / "live").unlink(missing_ok=True)
