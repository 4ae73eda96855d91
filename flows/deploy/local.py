"""A version goes live on this machine: downloaded into the state folder, loaded by the predictor there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx

from flows.deploy import smoke
from flows.errors import NotDeployed
from flows.local import Platform, Say
from training.bundle import Bundle, History
from training.registry import Registry

_LOAD_SECONDS = 60.0


class Local:
    """The predictor among the processes of this machine."""

    def __init__(self, platform: Platform, registry: Registry, say: Say) -> None:
        self._platform = platform
        self._registry = registry
        self._say = say

    def live(self) -> str | None:
        """The version that the predictor here serves."""
        return self._platform.live

    def deploy(self, version: str) -> None:
        """Put a registered version live, then call it `champion`; whatever fails, what was live still is.

        Raises NotDeployed, NotStarted, PortTaken, RegistryError.
        """
        settings, before = self._platform.settings, self._platform.live
        source = self._registry.version(version).source
        self._say(f"downloading version {version}")
        bundle = Bundle.open(self._registry.download(version, settings.models))
        self._prepare_history(bundle, Path(source) if source else None)
        if "predictor" in self._platform.running():
            load(settings.admin_url, bundle.manifest.model, version)
        else:
            self._platform.start_predictor(version, self._say)
        try:
            agreed = smoke.check(settings.admin_url, version, bundle)
        except NotDeployed:
            self._put_back(bundle, before)
            raise
        self._say(f"version {version} is live: {agreed} replay applications answered as in training")
        self._platform.live = version
        self._name(version)

    def _prepare_history(self, bundle: Bundle, data: Path | None) -> None:
        """Make the client history that this version reads, if there is none and its data are still there."""
        models, names = self._platform.settings.models, bundle.manifest.history
        path = History.path_for(models, names)
        if not names:
            return
        if path.exists():
            self._say(f"the client history is of {History.open(path, names).as_of}: `credence history` makes it anew")
            return
        if data is None or not data.is_dir():
            self._say("no client history: clients are answered as new ones until `credence history --data DIR`")
            return
        from training.features.client_history import write_client_history
        from training.tables import read

        self._say(f"making the client history from {data}")
        write_client_history(read(data), names, models, datetime.now(UTC).date())

    def _put_back(self, bundle: Bundle, before: str | None) -> None:
        if before is None:
            self._platform.down(self._say, only=("predictor",))
        else:
            load(self._platform.settings.admin_url, bundle.manifest.model, before)
            self._say(f"version {before} is live again")

    def _name(self, version: str) -> None:
        champion = self._registry.aliases().get("champion")
        if champion is not None and champion != version:
            self._registry.alias("previous_champion", champion)
        self._registry.alias("champion", version)


def load(admin_url: str, model: str, version: str) -> None:
    """Let the running predictor open a version, with the client history as it lies there now. Raises NotDeployed."""
    url = f"{admin_url}/v2/repository/models/{model}/load"
    try:
        response = httpx.post(url, json={"parameters": {"version": version}}, timeout=_LOAD_SECONDS)
    except httpx.HTTPError as error:
        raise NotDeployed(f"the predictor's admin port does not answer ({url}): {error}") from error
    if response.status_code != 200:
        raise NotDeployed(f"the predictor does not load version {version}: {response.text[:300]}")
