"""The audit trail: each attempt to change the live version is a run in a separate experiment."""

from __future__ import annotations

import msgspec

from training.registry.connection import Connection, every
from training.registry.trail import Change, from_tags, measured, page, to_tags


class Changes(Connection):
    """Records of all attempts, with their begin and their end."""

    def begin(self, change: Change) -> Change:
        """Record an attempt to change the live version, with the gate's figures. Returns the change with its id."""
        with self._connected():
            client, change = self._client, self._signed(change)
            tags = {**to_tags(change), "mlflow.note.content": page(change), "mlflow.user": change.by}
            name = f"{change.kind} {change.after}"
            run = client.create_run(self._experiment(self._trail), change.at // 1000, tags, name)
            recorded = msgspec.structs.replace(change, id=run.info.run_id)
            self._log_figures(recorded.id, {}, measured(change))
            if change.gate is not None:
                client.log_dict(recorded.id, msgspec.to_builtins(change.gate), "gate.json")
            if change.state != "begun":
                client.set_terminated(recorded.id)
        return recorded

    def note(self, change: Change) -> None:
        """Record the present state of an attempt and the reason."""
        change = self._signed(change)
        with self._connected():
            for name, value in {**to_tags(change), "mlflow.note.content": page(change)}.items():
                self._client.set_tag(change.id, name, value)

    def finish(self, change: Change) -> None:
        """Record the final state of an attempt and the reason."""
        self.note(change)
        with self._connected():
            self._client.set_terminated(change.id, "FAILED" if change.state == "undone" else "FINISHED")

    def changes(self) -> list[Change]:
        """The audit trail: every attempt to change the live version, newest first."""
        with self._connected():
            trail = self._client.get_experiment_by_name(self._trail)
            if trail is None:
                return []
            runs = list(every(self._client.search_runs, experiment_ids=[trail.experiment_id]))
        changes = [from_tags(run.info.run_id, run.data.tags) for run in runs]
        return sorted(changes, key=lambda change: change.at, reverse=True)

    def _signed(self, change: Change) -> Change:
        """The change with the id of the current Prefect run, if there is one."""
        return msgspec.structs.replace(change, flow_run=self.flow_run or change.flow_run)

    @property
    def _trail(self) -> str:
        return f"{self.model} changes"
