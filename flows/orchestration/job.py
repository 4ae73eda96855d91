"""`python -m flows.orchestration.job`: what a run's Job does in a cluster, once Prefect's server answers.

Prefect's own command fails at once where the server is away for a moment, moved to another node for instance; the run
would have crashed before it began, and nobody would start it again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from flows.clients.prefect import wait_for_server
from flows.errors import FlowError
from flows.settings import from_environment

_RUN = (sys.executable, "-m", "prefect", "flow-run", "execute")
"""Its supervisor is there when the pod is told to end: to reschedule the run, or to cancel it."""


def main() -> None:
    """Become Prefect's command; exit with 1 and say why where the settings are none."""
    # a container's first process hears no signal that it does not ask for
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended while it waited for Prefect"))
    try:
        settings = from_environment()
        print(f"waiting for Prefect at {settings.orchestrator_url}", flush=True)  # noqa: T201 - a Job's log
        asyncio.run(wait_for_server(settings))
    except FlowError as error:
        sys.exit(f"error: {error}")
    os.execv(_RUN[0], _RUN)  # noqa: S606 - a command of ours, which is to hear the signals itself


if __name__ == "__main__":
    main()
