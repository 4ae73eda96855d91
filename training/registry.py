"""The registry of versions: the one module that knows MLflow.

A bundle is logged as it is, as one model, with an MLmodel file beside its own files: MLflow then shows what goes in and
out, and `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model` run the same graph that is served. Nothing in it is
pickled. A version is addressed by its number; aliases are for people and move, what runs never names one.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from training.bundle import Bundle, Manifest
from training.changes import Change, from_tags, measured, page, to_tags

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "credit-default"
MLFLOW_DIGEST = 36
"""Longest digest of a data set that MLflow keeps; the whole fingerprint is a tag."""

_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # its own default of 7 says nothing for two minutes
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}


class RegistryError(Exception):
    """The registry cannot be reached or refuses; the message names its address, or what is not there."""


@dataclass(frozen=True)
class Trial:
    """One trial of a search, logged as a nested run."""

    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Figures:
    """What a training run is logged with, beside its bundle."""

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    trials: Sequence[Trial]
    source: str
    """Where the data came from, best as a folder."""


@dataclass(frozen=True)
class Version:
    """One registered version of the model."""

    number: str
    run_id: str
    aliases: tuple[str, ...]
    fingerprint: str
    """Of the data it learned from."""
    source: str
    """Where that data came from."""
    created: int
    """Milliseconds since 1970, UTC."""


class Registry:
    """The versions of one model in the MLflow at `url`."""

    def __init__(self, url: str, model: str = MODEL) -> None:
        self.url = url
        self.model = model

    def register(self, path: Path, figures: Figures) -> Version:
        """Log a run with its bundle, register it as the next version and call it `challenger`.

        Raises RegistryError.
        """
        bundle = Bundle.open(path)
        with self._speaking(), self._run(bundle.manifest) as run_id:
            self._log_run(run_id, bundle, figures)
            model_id = self._log_model(bundle, run_id)
            number = self._create_version(bundle, run_id, model_id, figures.source)
            self._client.set_registered_model_alias(self.model, "challenger", number)
        return self.version(number)

    def download(self, number: str, directory: Path) -> Path:
        """Bring a version's bundle to `directory`/`number`, complete or not at all, unless it is there already."""
        target = directory / number
        if target.exists():
            return target
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{number}-", dir=directory) as unfinished, self._speaking():
            from mlflow.artifacts import download_artifacts

            source = self._client.get_model_version(self.model, number).source
            download_artifacts(source, dst_path=unfinished, tracking_uri=self.url)
            Path(unfinished).chmod(0o755)
            Bundle.open(Path(unfinished))
            Path(unfinished).rename(target)
            Path(unfinished).mkdir()  # for the context manager to remove
        return target

    def version(self, number: str) -> Version:
        """One version by its number. Raises RegistryError if there is none."""
        with self._speaking():
            return _version(self._client.get_model_version(self.model, number))

    def parameters(self, number: str) -> dict[str, str]:
        """What the run that made a version was told, by name."""
        run_id = self.version(number).run_id
        with self._speaking():
            return dict(self._client.get_run(run_id).data.params)

    def versions(self) -> list[Version]:
        """All versions, the newest first."""
        with self._speaking():
            found = self._client.search_model_versions(f"name = '{self.model}'")
            aliases = self._aliases()
        named = {number: tuple(sorted(a for a in aliases if aliases[a] == number)) for number in aliases.values()}
        versions = [_version(entry, named.get(str(entry.version), ())) for entry in found]
        return sorted(versions, key=lambda version: int(version.number), reverse=True)

    def aliases(self) -> dict[str, str]:
        """Each alias with the number of its version."""
        with self._speaking():
            return self._aliases()

    def alias(self, name: str, number: str) -> None:
        """Let an alias name this version from now on."""
        with self._speaking():
            self._client.set_registered_model_alias(self.model, name, number)

    def begin(self, change: Change) -> Change:
        """Record an attempt to change what is live, with the gate's figures; returns it with its id."""
        with self._speaking():
            client = self._client
            tags = {**to_tags(change), "mlflow.note.content": page(change), "mlflow.user": change.by}
            name = f"{change.kind} {change.after}"
            run = client.create_run(self._experiment(f"{self.model} changes"), change.at // 1000, tags, name)
            recorded = msgspec.structs.replace(change, id=run.info.run_id)
            self._log_figures(recorded.id, {}, measured(change))
            if change.gate is not None:
                client.log_dict(recorded.id, dict(change.gate), "gate.json")
            if change.state != "begun":
                client.set_terminated(recorded.id)
        return recorded

    def finish(self, change: Change) -> None:
        """Record how an attempt ended: its state and why."""
        with self._speaking():
            for name, value in {**to_tags(change), "mlflow.note.content": page(change)}.items():
                self._client.set_tag(change.id, name, value)
            self._client.set_terminated(change.id, "FAILED" if change.state == "undone" else "FINISHED")

    def changes(self) -> list[Change]:
        """The audit trail: every attempt to change what is live, the newest first."""
        with self._speaking():
            experiment = self._experiment(f"{self.model} changes")
            found = self._client.search_runs([experiment], order_by=["attributes.start_time DESC"])
        changes = [from_tags(run.info.run_id, run.data.tags) for run in found]
        return sorted(changes, key=lambda change: change.at, reverse=True)

    def _aliases(self) -> dict[str, str]:
        found = self._client.search_registered_models(f"name = '{self.model}'")
        return {alias: str(number) for model in found for alias, number in model.aliases.items()}

    @cached_property
    def _client(self) -> MlflowClient:
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        import mlflow  # seconds: only what speaks with the registry pays them

        # a download resolves a model's address by the process's own setting, not by the client's
        mlflow.set_tracking_uri(self.url)
        mlflow.set_registry_uri(self.url)
        return mlflow.MlflowClient(self.url, self.url)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        client = self._client
        from mlflow.exceptions import MlflowException

        try:
            client.search_experiments(max_results=1)
        except MlflowException as error:
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
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))

    @contextmanager
    def _run(self, manifest: Manifest) -> Iterator[str]:
        """A training run that ends with the block, as failed if the block fails."""
        client = self._client
        tags = {
            "credence.fingerprint": manifest.fingerprint,
            "credence.family": manifest.family,
            "credence.allowed": ", ".join(manifest.allowed),
            "credence.alarms": " ".join(manifest.alarms),
        }
        run_id: str = client.create_run(self._experiment(self.model), tags=tags).info.run_id
        try:
            yield run_id
        except BaseException:
            with suppress(Exception):  # what failed is more telling than that this fails as well
                client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)

    def _log_run(self, run_id: str, bundle: Bundle, figures: Figures) -> None:
        client, experiment_id = self._client, self._experiment(self.model)
        client.set_tag(run_id, "mlflow.note.content", _read_card(bundle.path))
        self._log_figures(run_id, figures.parameters, figures.metrics)
        self._log_data(run_id, bundle.manifest, figures.source)
        for trial in figures.trials:
            nested = client.create_run(experiment_id, tags={"mlflow.parentRunId": run_id}, run_name=trial.name)
            self._log_figures(nested.info.run_id, trial.parameters, trial.metrics)
            client.set_terminated(nested.info.run_id)
        if (bundle.path / "reports").is_dir():
            client.log_artifacts(run_id, str(bundle.path / "reports"), "reports")

    def _log_figures(self, run_id: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        now = time.time_ns() // 1_000_000
        self._client.log_batch(
            run_id,
            [Metric(name, float(value), now, 0) for name, value in metrics.items()],
            [Param(name, str(value)[:6000]) for name, value in parameters.items()],
        )

    def _log_data(self, run_id: str, manifest: Manifest, source: str) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset("home-credit", manifest.fingerprint[:MLFLOW_DIGEST], source_type="local", source=source)
        self._client.log_inputs(run_id, datasets=[DatasetInput(data, [InputTag("mlflow.data.context", "training")])])

    def _log_model(self, bundle: Bundle, run_id: str) -> str:
        from mlflow.entities import LoggedModelOutput, LoggedModelStatus

        client = self._client
        experiment_id = client.get_run(run_id).info.experiment_id
        model = client.create_logged_model(experiment_id, self.model, run_id, model_type=bundle.manifest.family)
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
        client.log_model_artifacts(model.model_id, str(bundle.path))
        with tempfile.TemporaryDirectory() as beside:
            _describe(bundle, run_id, model, Path(beside))
            client.log_model_artifacts(model.model_id, beside)
        client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        return str(model.model_id)

    def _create_version(self, bundle: Bundle, run_id: str, model_id: str, source: str) -> str:
        client = self._client
        if not client.search_registered_models(f"name = '{self.model}'"):
            client.create_registered_model(self.model, description="Probability that a loan defaults.")
        version = client.create_model_version(
            self.model,
            f"models:/{model_id}",
            run_id,
            tags={"fingerprint": bundle.manifest.fingerprint, "family": bundle.manifest.family, "source": source},
            description=_read_card(bundle.path),
            model_id=model_id,
        )
        return str(version.version)


def _version(entry: Any, aliases: tuple[str, ...] | None = None) -> Version:  # MLflow's entities are untyped
    return Version(
        number=str(entry.version),
        run_id=entry.run_id,
        aliases=tuple(sorted(entry.aliases)) if aliases is None else aliases,
        fingerprint=entry.tags.get("fingerprint", ""),
        source=entry.tags.get("source", ""),
        created=entry.creation_timestamp,
    )


def _read_card(bundle: Path) -> str:
    card = bundle / "card.md"
    return card.read_text()[:50_000] if card.exists() else ""


def _describe(bundle: Bundle, run_id: str, model: Any, directory: Path) -> None:
    """Write what MLflow needs beside the bundle: MLmodel, signature, input example, requirements."""
    import onnx
    import onnxruntime
    from mlflow.models import Model
    from mlflow.models.utils import _Example

    rows, _ = bundle.replay()
    entry = Model(model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id)
    entry.signature = _signature(bundle.manifest)
    example = _Example(rows.take(slice(0, 1)).tensors())
    example.save(str(directory))
    entry.saved_input_example_info = example.info
    entry.add_flavor(
        "onnx",
        onnx_version=onnx.__version__,
        data="model.onnx",
        providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
    )
    entry.add_flavor("python_function", loader_module="mlflow.onnx", data="model.onnx", env={})
    entry.save(str(directory / "MLmodel"))
    versions = f"onnx=={onnx.__version__}\nonnxruntime=={onnxruntime.__version__}\n"
    (directory / "requirements.txt").write_text(f"mlflow\n{versions}")


def _signature(manifest: Manifest) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    number, text = np.dtype(np.float32), np.dtype(object)
    inputs = Schema(
        [
            TensorSpec(number, (-1, len(manifest.numeric)), "numeric"),
            TensorSpec(text, (-1, len(manifest.categorical)), "categorical"),
            TensorSpec(number, (-1, len(manifest.history)), "history"),
        ]
    )
    outputs = [TensorSpec(np.dtype(np.float64), (-1,), name) for name in ("probability", "margin")]
    return ModelSignature(inputs, Schema([*outputs]))
