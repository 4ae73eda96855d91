"""`python -m flows.orchestration.register`: the last step of an installation or an upgrade.

It registers the work pool and the deployments at Prefect's server. If the template of the serving objects has changed,
it applies the new one. A second run changes nothing.
"""

from __future__ import annotations

import asyncio
import sys
import time

from flows.clients.prefect import POOL, wait_for_server
from flows.deploy.cluster import Cluster
from flows.errors import Busy, FlowError
from flows.orchestration.registration import register
from flows.settings import PlatformSettings, from_environment
from training.registry import Registry

_SERVER_SECONDS = 300.0
"""Seconds to wait for Prefect's server, which creates its tables at its first start."""
_BUSY_SECONDS = 5.0


def register_and_apply(settings: PlatformSettings) -> None:
    """Register at Prefect, and in a cluster apply the template. Raises FlowError."""
    asyncio.run(_register(settings))
    if settings.in_cluster:
        _apply_template(settings)


async def _register(settings: PlatformSettings) -> None:
    await wait_for_server(settings, _SERVER_SECONDS)
    names = await register(settings)
    _say(f"registered the work pool {POOL} and {', '.join(names)} at {settings.orchestrator_url}")


def _apply_template(settings: PlatformSettings) -> None:
    """Apply the template. If the live version is being changed, wait, because that may use the old template."""
    home, until = Cluster(settings, Registry(settings.registry_url), _say), time.monotonic() + settings.deploy_seconds
    while True:
        try:
            with home.alone():
                version = home.live()
                done = home.apply_template()
        except Busy as error:
            if time.monotonic() > until:
                raise
            _say(str(error))
            time.sleep(_BUSY_SECONDS)
        else:
            break
    if version is None:
        _say("no version is live yet: `credence train` makes one, `credence promote` puts it live")
    else:
        _say(f"version {version} is live by the present template" + ("" if done else ", which has not changed"))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a hook's output is its log


def main() -> None:
    """Register and apply; on failure, exit with 1 and a message."""
    try:
        register_and_apply(from_environment())
    except FlowError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
