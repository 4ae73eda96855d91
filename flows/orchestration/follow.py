"""Starts a deployment's run, follows it from outside, and reports its log lines while it runs."""

from __future__ import annotations

import time
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import Log, State
from prefect.client.schemas.sorting import LogSort
from prefect.exceptions import ObjectNotFound

from flows.clients.prefect import DEPLOYMENT, run_page
from flows.errors import FlowError
from flows.settings import PlatformSettings
from flows.steps import Say

_POLL_SECONDS = 1.0
_AWAY_SECONDS = 120.0
"""Seconds for which Prefect may be unreachable, because its server may move to another node."""
_PAGE = 200
_WARNING = 30
_OF_THE_RUN = ("prefect.task_runs", "prefect.flow_runs")
"""Loggers of the run's steps, and of the run itself."""
_LAST = "Finished in state"
"""Beginning of the last line of a step and of a run."""
_LATE_SECONDS = 5.0
"""Seconds to wait for the last line after the run ended. A run sends its lines every two seconds, but its state at
once; a run that was killed sends no last line."""


def follow_run(name: str, parameters: dict[str, object], settings: PlatformSettings, say: Say) -> str:
    """Start a run of a flow's deployment, and return the run's id when it has completed.

    Raises FlowError if the run fails, is cancelled, or cannot be followed any more.
    """
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"{name}/{DEPLOYMENT}")
        except ObjectNotFound as error:
            how = "`python -m flows.orchestration.register`, which an installation runs, registers it"
            raise FlowError(
                f"Prefect at {settings.orchestrator_page} knows no deployment {name}/{DEPLOYMENT}: {how}"
            ) from error
        run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
        seen = run_page(settings, run.id)
        say(f"run {run.name}: {seen}")
        try:
            state = _until_it_ends(client, run.id, say)
        except KeyboardInterrupt as error:
            raise FlowError(f"the run goes on, it is only not followed any more: {seen}") from error
        if not state.is_completed():
            raise FlowError(f"the run ended as {state.name}: {state.message or seen}")
        return str(run.id)


def _until_it_ends(client: SyncPrefectClient, run: UUID, say: Say) -> State:
    reported, known, answered, ended = set[UUID](), "", time.monotonic(), 0.0
    while True:
        try:
            state = client.read_flow_run(run).state
            complete = _tell(client, run, reported, say)
        except httpx.HTTPError as error:
            if time.monotonic() > answered + _AWAY_SECONDS:
                raise FlowError(f"Prefect does not answer any more, so the run cannot be followed: {error}") from error
        else:
            answered = time.monotonic()
            if state is not None and state.is_final():
                ended = ended or answered
                if complete or answered > ended + _LATE_SECONDS:
                    return state
            elif state is not None and state.name != known:
                known = state.name or ""
                say(f"the run is {known.lower()}")
        time.sleep(_POLL_SECONDS)


def _tell(client: SyncPrefectClient, run: UUID, reported: set[UUID], say: Say) -> bool:
    """Report new lines of the steps, and new warnings. Lines arrive late and out of order.

    Returns whether the run's last line was among them.
    """
    wanted, offset, complete = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])), 0, False
    while True:
        page = client.read_logs(wanted, limit=_PAGE, offset=offset, sort=LogSort.TIMESTAMP_ASC)
        for line in page:
            if line.id not in reported and _is_reported(line):
                say(line.message.partition("\n")[0])
            reported.add(line.id)
            complete |= line.name == _OF_THE_RUN[1] and line.message.startswith(_LAST)
        if len(page) < _PAGE:
            return complete
        offset += _PAGE


def _is_reported(line: Log) -> bool:
    """Whether a line is reported: a line of a step, or a warning of worker or cluster. The run's state has failures."""
    if line.name not in _OF_THE_RUN:
        return line.level >= _WARNING
    return line.name == _OF_THE_RUN[0] and line.level < _WARNING and not line.message.startswith(_LAST)
