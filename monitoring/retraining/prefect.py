"""The call that starts a retraining: the only module that talks to Prefect."""

from __future__ import annotations

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
    """Prefect cannot be asked, or does not do what it is asked; the message says so in words for a status line."""


class Prefect:
    """The deployment `retrain/credence` at one server."""

    def __init__(self, client: httpx.Client, external_url: str = "") -> None:
        self._client = client
        self._pages = (external_url or str(client.base_url.copy_with(userinfo=b""))).rstrip("/")

    @classmethod
    def at(cls, url: str, external_url: str = "") -> Prefect:
        """The server at a URL without `/api`; a user and password in it are used.

        `external_url` is where a browser finds its pages, if that is another address.
        """
        return cls(httpx.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT), external_url)

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def deployment(self) -> str:
        """The deployment's id."""
        found = self._ask("GET", f"/api/deployments/name/{DEPLOYMENT}")
        if found is None:
            raise PrefectError(f"Prefect has no deployment {DEPLOYMENT}")
        return str(found["id"])

    def active(self, deployment: str) -> PrefectRun | None:
        """A run that has not ended; what a calendar has only planned is none."""
        runs = self._runs(deployment, {"state": {"type": {"any_": _ACTIVE}}}, "EXPECTED_START_TIME_ASC", 200)
        now = datetime.now(UTC)
        return next((_run(run) for run in runs if not _planned(run, now)), None)

    def last_end(self, deployment: str) -> datetime | None:
        """When a run ended last; None before any did."""
        ended = {"state": {"type": {"any_": _ENDED}}, "end_time": {"is_null_": False}}
        runs = self._runs(deployment, ended, "END_TIME_DESC", 1)
        return _run(runs[0]).ended if runs else None

    def find(self, key: str) -> PrefectRun | None:
        """The run with an idempotency key."""
        runs = self._ask("POST", "/api/flow_runs/filter", {"flow_runs": {"idempotency_key": {"any_": [key]}}})
        return _run(runs[0]) if runs else None

    def run(self, id: str) -> PrefectRun | None:  # noqa: A002 - Prefect's word
        """A run by its id; None where there is none."""
        found = self._ask("GET", f"/api/flow_runs/{id}")
        return None if found is None else _run(found)

    def start(self, deployment: str, retraining: RetrainingRequest, key: str) -> PrefectRun:
        """Start a run, once for a key."""
        asked = {"parameters": msgspec.to_builtins(retraining), "idempotency_key": key}
        made = self._ask("POST", f"/api/deployments/{deployment}/create_flow_run", asked)
        if made is None:
            raise PrefectError(f"Prefect has no deployment {DEPLOYMENT}")
        return _run(made)

    def page(self, run: str) -> str:
        """Where people look at a run."""
        return f"{self._pages}/runs/flow-run/{run}"

    def _runs(self, deployment: str, which: Mapping[str, Any], sort: str, limit: int) -> list[dict[str, Any]]:
        asked = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": which, "sort": sort, "limit": limit}
        runs: list[dict[str, Any]] = self._ask("POST", "/api/flow_runs/filter", asked)
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


def _run(told: Mapping[str, Any]) -> PrefectRun:
    ended = told.get("end_time")
    return PrefectRun(told["id"], told["name"], told["state_type"], datetime.fromisoformat(ended) if ended else None)


def _planned(told: Mapping[str, Any], now: datetime) -> bool:
    """Whether a calendar made the run for a later time, and nothing of it has happened."""
    due = datetime.fromisoformat(told["expected_start_time"])
    planned = bool(told["auto_scheduled"]) and told["state_type"] == "SCHEDULED"
    return planned and told["run_count"] == 0 and due > now
