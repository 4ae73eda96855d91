"""`python -m flows.orchestration.job`: the command of a run's Job in a cluster. It waits for Prefect's server first.

Prefect's own command fails at once if the server is unreachable for a moment, for instance while it moves to another
node. Then the run would crash before it began, and it would not be started again.
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
"""This command includes a supervisor, which reschedules or cancels the run when the pod must end."""


def main() -> None:
    """Become Prefect's command. If the settings are invalid, exit with 1 and a message."""
    # A container's first process gets a signal only if it has a handler for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended while it waited for Prefect"))
    try:
        settings = from_environment()
        print(f"waiting for Prefect at {settings.orchestrator_url}", flush=True)  # noqa: T201 - a Job's log
        asyncio.run(wait_for_server(settings))
    except FlowError as error:
        sys.exit(f"error: {error}")
    os.execv(_RUN[0], _RUN)  # noqa: S606 - our own command, which must get the signals itself


if __name__ == "__main__":
    main()
