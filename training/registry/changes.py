"""The audit trail: each attempt to change what is live is a run of an experiment of its own."""

from __future__ import annotations

import msgspec

from training.registry.connection import Connection, every
from training.registry.trail import Change, from_tags, measured, page, to_tags


class Changes(Connection):
    """Every attempt, as it was begun and as it ended."""

    def begin(self, change: Change) -> Change:
        """Record an attempt to change what is live, with the gate's figures; returns it with its id."""
        with self._speaking():
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
        """Record how far an attempt is: its state and why."""
        change = self._signed(change)
        with self._speaking():
            for name, value in {**to_tags(change), "mlflow.note.content": page(change)}.items():
                self._client.set_tag(change.id, name, value)

    def finish(self, change: Change) -> None:
        """Record how an attempt ended: its state and why."""
        self.note(change)
        with self._speaking():
            self._client.set_terminated(change.id, "FAILED" if change.state == "undone" else "FINISHED")

    def changes(self) -> list[Change]:
        """The audit trail: every attempt to change what is live, the newest first."""
        with self._speaking():
            trail = self._client.get_experiment_by_name(self._trail)
            if trail is None:
                return []
            runs = list(every(self._client.search_runs, experiment_ids=[trail.experiment_id]))
        changes = [from_tags(run.info.run_id, run.data.tags) for run in runs]
        return sorted(changes, key=lambda change: change.at, reverse=True)

    def _signed(self, change: Change) -> Change:
        """The change with the id of the run that speaks, if it is one."""
        return msgspec.structs.replace(change, flow_run=self.flow_run or change.flow_run)

    @property
    def _trail(self) -> str:
        return f"{self.model} changes"
