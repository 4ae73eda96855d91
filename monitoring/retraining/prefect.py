"""The calls to Prefect that start and follow a retraining; no other module calls Prefect."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from monitoring.verdict import RetrainingRequest
from monitoring.verdict.retraining import PrefectRun

DEPLOYMENT = "retrain/credence"
_TIMEOUT = 10.0
_ACTIVE = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING")
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class PrefectError(Exception):
    """Prefect cannot be reached, or refuses a request; the message fits into a status line."""


class Prefect:
    """The deployment `retrain/credence` on one Prefect server."""

    def __init__(self, client: httpx.Client, external_url: str = "") -> None:
        self._client = client
        self._pages = (external_url or str(client.base_url)).rstrip("/")

    @classmethod
    def at(cls, url: str, external_url: str = "") -> Prefect:
        """The server at a URL without `/api`, with the login that Prefect's own client takes from the same variable.

        `external_url` is the address of its pages for a browser, if that is another address.
        """
        user, separator, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
        login = (user, password) if separator else None
        return cls(httpx.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT, auth=login), external_url)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def deployment(self) -> str:
        """The deployment's id."""
        reply = self._ask("GET", f"/api/deployments/name/{DEPLOYMENT}")
        if reply is None:
            raise PrefectError(f"Prefect has no deployment {DEPLOYMENT}")
        return str(reply["id"])

    def active(self, deployment: str) -> PrefectRun | None:
        """A run that has not ended; runs that a schedule has only planned do not count."""
        runs = self._runs(deployment, {"state": {"type": {"any_": _ACTIVE}}}, "EXPECTED_START_TIME_ASC", 200)
        now = datetime.now(UTC)
        return next((_run(run) for run in runs if not _planned(run, now)), None)

    def last_end(self, deployment: str) -> datetime | None:
        """When the last run ended; None if no run has ended yet."""
        ended = {"state": {"type": {"any_": _ENDED}}, "end_time": {"is_null_": False}}
        runs = self._runs(deployment, ended, "END_TIME_DESC", 1)
        return _run(runs[0]).ended if runs else None

    def find(self, key: str) -> PrefectRun | None:
        """The run with an idempotency key; None if there is none."""
        runs = self._ask("POST", "/api/flow_runs/filter", {"flow_runs": {"idempotency_key": {"any_": [key]}}})
        return _run(runs[0]) if runs else None

    def run(self, id: str) -> PrefectRun | None:  # noqa: A002 - Prefect's word
        """A run by its id; None if there is none."""
        reply = self._ask("GET", f"/api/flow_runs/{id}")
        return None if reply is None else _run(reply)

    def start(self, deployment: str, retraining: RetrainingRequest, key: str) -> PrefectRun:
        """Start a run; a second call with the same key does not start another."""
        content = {"parameters": msgspec.to_builtins(retraining), "idempotency_key": key}
        made = self._ask("POST", f"/api/deployments/{deployment}/create_flow_run", content)
        if made is None:
            raise PrefectError(f"Prefect has no deployment {DEPLOYMENT}")
        return _run(made)

    def page(self, run: str) -> str:
        """The URL of a run's page."""
        return f"{self._pages}/runs/flow-run/{run}"

    def _runs(self, deployment: str, which: Mapping[str, Any], sort: str, limit: int) -> list[dict[str, Any]]:
        content = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": which, "sort": sort, "limit": limit}
        runs: list[dict[str, Any]] = self._ask("POST", "/api/flow_runs/filter", content)
        return runs

    def _ask(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """An answer's JSON; None for a 404. Raises PrefectError."""
        try:
            answer = self._client.request(method, path, json=content)
            if answer.status_code == 404:
                return None
            if answer.is_error:
                raise PrefectError(f"Prefect answers {answer.status_code} to {method} {path}: {answer.text[:200]}")
            return answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise PrefectError(f"Prefect is not there: {type(error).__name__}") from error


def _run(run: Mapping[str, Any]) -> PrefectRun:
    ended = run.get("end_time")
    return PrefectRun(run["id"], run["name"], run["state_type"], datetime.fromisoformat(ended) if ended else None)


def _planned(run: Mapping[str, Any], now: datetime) -> bool:
    """Whether a schedule created the run for a later time, and it has not begun."""
    due = datetime.fromisoformat(run["expected_start_time"])
    planned = bool(run["auto_scheduled"]) and run["state_type"] == "SCHEDULED"
    return planned and run["run_count"] == 0 and due > now
