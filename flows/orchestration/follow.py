"""A deployment's run, started and followed from elsewhere: what it says is told as it says it."""

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
"""For a server that is moved to another node."""
_PAGE = 200
_WARNING = 30
_OF_THE_RUN = ("prefect.task_runs", "prefect.flow_runs")
"""Loggers of its steps, and of what is around them."""
_LAST = "Finished in state"
"""How a step's and a run's last line begins."""
_LATE_SECONDS = 5.0
"""A run sends its lines every two seconds, and its state at once; one that was killed sends no last line."""


def follow_run(name: str, parameters: dict[str, object], settings: PlatformSettings, say: Say) -> str:
    """Start a run of the deployment of a flow and return its id when it ended well.

    Raises FlowError if the run fails, is cancelled, or is no longer followed.
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
    told, known, answered, ended = set[UUID](), "", time.monotonic(), 0.0
    while True:
        try:
            state = client.read_flow_run(run).state
            complete = _tell(client, run, told, say)
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


def _tell(client: SyncPrefectClient, run: UUID, told: set[UUID], say: Say) -> bool:
    """What the steps said since, and what anybody warned of; lines come late and out of order.

    Returns whether the run's last line was among them.
    """
    wanted, offset, complete = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])), 0, False
    while True:
        page = client.read_logs(wanted, limit=_PAGE, offset=offset, sort=LogSort.TIMESTAMP_ASC)
        for line in page:
            if line.id not in told and _is_told(line):
                say(line.message.partition("\n")[0])
            told.add(line.id)
            complete |= line.name == _OF_THE_RUN[1] and line.message.startswith(_LAST)
        if len(page) < _PAGE:
            return complete
        offset += _PAGE


def _is_told(line: Log) -> bool:
    """What a step says, and what worker and cluster warn of; how a run failed, with its traceback, is in its state."""
    if line.name not in _OF_THE_RUN:
        return line.level >= _WARNING
    return line.name == _OF_THE_RUN[0] and line.level < _WARNING and not line.message.startswith(_LAST)
