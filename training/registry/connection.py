"""The connection to MLflow: one client, errors as RegistryError, complete lists, figures in batches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from training.bundle import MODEL
from training.bundle.remote import LOGIN

if TYPE_CHECKING:
    from mlflow import MlflowClient

PAGE = 1000
"""Entries per request."""

_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # MLflow's default of 7 blocks for two minutes without a message
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}


class RegistryError(Exception):
    """The registry cannot be reached or refuses a request; the message names its address or the missing entry."""


class Connection:
    """A connection to the MLflow at `url` for one model.

    `flow_run` is the id of the current Prefect run. Versions and changes are tagged with it, so the run can find them.
    """

    def __init__(self, url: str, model: str = MODEL, flow_run: str | None = None) -> None:
        self.url = url
        self.model = model
        self.flow_run = flow_run

    @cached_property
    def _client(self) -> MlflowClient:
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        import mlflow  # takes seconds, so only users of the registry import it

        # A download resolves a model's address by the setting of the process, not of the client.
        mlflow.set_tracking_uri(self.url)
        mlflow.set_registry_uri(self.url)
        return mlflow.MlflowClient(self.url, self.url)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Check that MLflow answers, and raise errors of the block as RegistryError."""
        client = self._client
        from mlflow.exceptions import MlflowException

        try:
            client.search_experiments(max_results=1)
        except MlflowException as error:
            if error.get_http_status_code() == 401:  # type: ignore[no-untyped-call] # MLflow has no types
                raise RegistryError(f"MLflow at {self.url} answers 401: {LOGIN}") from error
            cause = str(error).splitlines()[0][:200]
            raise RegistryError(
                f"MLflow does not answer at {self.url} (setting CREDENCE_MLFLOW_URL): "
                f"start it with `credence up`, or say where it is. It said: {cause}"
            ) from error
        try:
            yield
        except MlflowException as error:
            raise RegistryError(f"MLflow at {self.url} refused: {str(error).splitlines()[0]}") from error

    def _experiment(self, name: str) -> str:
        experiment = self._client.get_experiment_by_name(name)
        return str(experiment.experiment_id if experiment else self._client.create_experiment(name))

    def _log_figures(self, run_id: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        now = time.time_ns() // 1_000_000
        self._client.log_batch(
            run_id,
            [Metric(name, float(value), now, 0) for name, value in metrics.items()],
            [Param(name, str(value)[:6000]) for name, value in parameters.items()],
        )


def every(search: Callable[..., Any], **filters: Any) -> Iterator[Any]:  # MLflow's entities are untyped
    """All results of an MLflow search, which returns one page per request."""
    token = None
    while True:
        page = search(**filters, max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
