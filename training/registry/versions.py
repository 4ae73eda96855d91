"""Versions: register a bundle with the figures of its run, and download it by its number."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.bundle import Bundle, Manifest
from training.registry.connection import Connection, every
from training.registry.mlmodel import describe

MLFLOW_DIGEST = 36
"""Longest digest of a data set that MLflow stores; the whole fingerprint is in a tag."""
_LONGEST = 5000
"""Characters of a version's tag or description that every store of MLflow accepts. SQLite accepts more."""


@dataclass(frozen=True)
class LoggedTrial:
    """One trial of a search, logged as a nested run."""

    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Figures:
    """The values that are logged for a training run besides its bundle."""

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    trials: Sequence[LoggedTrial]
    source: str
    """The origin of the data, if possible a folder."""


@dataclass(frozen=True)
class Version:
    """One registered version of the model."""

    number: str
    run_id: str
    aliases: tuple[str, ...]
    fingerprint: str
    """Fingerprint of the data that it learned from."""
    source: str
    """Origin of this data."""
    created: int
    """Milliseconds since 1970, UTC."""
    flow_run: str | None
    """Id of the Prefect run that made it; None if no Prefect run did."""


class Versions(Connection):
    """The trained versions, by number and alias."""

    def register(self, path: Path, figures: Figures) -> Version:
        """Log a run with its bundle, register it as the next version and give it the alias `challenger`.

        Raises RegistryError.
        """
        bundle = Bundle.open(path)
        with self._connected(), self._run(bundle.manifest) as run_id:
            self._log_run(run_id, bundle, figures)
            model_id = self._log_model(bundle, run_id)
            number = self._create_version(bundle, run_id, model_id, figures.source)
            self._client.set_registered_model_alias(self.model, "challenger", number)
        return self.version(number)

    def download(self, number: str, directory: Path) -> Path:
        """Download a version's bundle to `directory`/`number`, unless it exists; it appears only when complete."""
        target = directory / number
        if target.exists():
            return target
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{number}-", dir=directory) as unfinished, self._connected():
            from mlflow.artifacts import download_artifacts

            source = self._client.get_model_version(self.model, number).source
            download_artifacts(source, dst_path=unfinished, tracking_uri=self.url)
            Path(unfinished).chmod(0o755)
            Bundle.open(Path(unfinished))
            Path(unfinished).rename(target)
            Path(unfinished).mkdir()  # the context manager removes it
        return target

    def version(self, number: str) -> Version:
        """The version with this number. Raises RegistryError if it does not exist."""
        with self._connected():
            return _version(self._client.get_model_version(self.model, number))

    def parameters(self, number: str) -> dict[str, str]:
        """The parameters of the run that made a version, by name."""
        run_id = self.version(number).run_id
        with self._connected():
            return dict(self._client.get_run(run_id).data.params)

    def versions(self) -> list[Version]:
        """All versions, newest first."""
        with self._connected():
            entries = list(every(self._client.search_model_versions, filter_string=f"name = '{self.model}'"))
            aliases = self._aliases()
        named = {number: tuple(sorted(a for a in aliases if aliases[a] == number)) for number in aliases.values()}
        versions = [_version(entry, named.get(str(entry.version), ())) for entry in entries]
        return sorted(versions, key=lambda version: int(version.number), reverse=True)

    def aliases(self) -> dict[str, str]:
        """Each alias with the number of its version."""
        with self._connected():
            return self._aliases()

    def alias(self, name: str, number: str) -> None:
        """Set an alias to this version."""
        with self._connected():
            self._client.set_registered_model_alias(self.model, name, number)

    def _aliases(self) -> dict[str, str]:
        models = self._client.search_registered_models(f"name = '{self.model}'")
        return {alias: str(number) for model in models for alias, number in model.aliases.items()}

    @contextmanager
    def _run(self, manifest: Manifest) -> Iterator[str]:
        """A training run for the block; it ends as failed if the block raises."""
        client = self._client
        tags = {f"credence.{name}": value for name, value in _tags(manifest, self.flow_run).items()}
        run_id: str = client.create_run(self._experiment(self.model), tags=tags).info.run_id
        try:
            yield run_id
        except BaseException:
            with suppress(Exception):  # the first error is more useful than this one
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
            describe(bundle, run_id, model, Path(beside))
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
            tags={**_tags(bundle.manifest, self.flow_run), "source": source},
            description=_read_card(bundle.path),
            model_id=model_id,
        )
        return str(version.version)


def _tags(manifest: Manifest, flow_run: str | None) -> dict[str, str]:
    """Tags about a version's data, method and run, for a reader of MLflow; empty values are left out."""
    tags = {
        "family": manifest.family,
        "fingerprint": manifest.fingerprint,
        "population": manifest.population,
        "cohorts": ", ".join(manifest.cohorts),
        "recent_fingerprint": manifest.recent_fingerprint,
        "parent": manifest.parent,
        "allowed": ", ".join(manifest.allowed),
        "alarms": " ".join(manifest.alarms),
        "flow_run": flow_run,
    }
    return {name: value[:_LONGEST] for name, value in tags.items() if value}


def _version(entry: Any, aliases: tuple[str, ...] | None = None) -> Version:  # MLflow's entities are untyped
    return Version(
        number=str(entry.version),
        run_id=entry.run_id,
        aliases=tuple(sorted(entry.aliases)) if aliases is None else aliases,
        fingerprint=entry.tags.get("fingerprint", ""),
        source=entry.tags.get("source", ""),
        created=entry.creation_timestamp,
        flow_run=entry.tags.get("flow_run"),
    )


def _read_card(bundle: Path) -> str:
    """The model card, cut after a whole line if it is longer than MLflow accepts."""
    card = bundle / "card.md"
    text = card.read_text() if card.exists() else ""
    if len(text) <= _LONGEST:
        return text
    rest = "\n\nThe rest is in `card.md` among the model's artifacts.\n"
    return text[: _LONGEST - len(rest)].rpartition("\n")[0] + rest
