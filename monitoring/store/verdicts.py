"""Verdicts in SQL, with the state of the retraining that each asks for, and with the actions that were done."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from monitoring.store.database import Database
from monitoring.store.tables import actions, verdicts
from monitoring.verdict import Verdict
from monitoring.verdict.retraining import Delivery, State, first_state

logger = logging.getLogger(__name__)

ActionKind = Literal["started", "registered", "promoted", "failed", "noted"]
"""`started`: the run that the verdict asks for began. `registered`: the run made a version. `promoted`: a version went
live. `failed`: the run ended before that. `noted`: anything else."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action that was done about a verdict."""

    at: int
    """Microseconds since 1970, UTC."""
    what: str
    """Description for people."""
    version: str | None
    """The version that was made or went live."""
    run: str | None
    """URL of the page of the run that did it."""
    waits: bool = False
    """Whether that run continues only after a person agrees."""
    kind: ActionKind = "noted"


class FollowedVerdict(NamedTuple):
    """A verdict, with the state of its retraining and its actions."""

    verdict: Verdict
    delivery: Delivery
    changed_at: int
    actions: tuple[Action, ...]
    """Oldest first."""


class Reaction(NamedTuple):
    """The last retraining that a verdict started; times are microseconds since 1970."""

    judged_at: int
    started_at: int
    ended_at: int | None
    """None while it runs."""
    paused: bool
    """Whether the run waits for a person."""


class Judgements:
    """The verdicts of one database. Its methods block, so call them in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, verdict: Verdict) -> Verdict:
        """Store a verdict. If a verdict with its id is stored already, that one is returned instead."""
        row = {"id": verdict.id, "version": verdict.version, "judgement": verdict.judgement, "at": verdict.at}
        row |= {"content": msgspec.json.encode(verdict).decode(), "state": first_state(verdict.judgement)}
        row |= {"note": "", "attempt": 0, "run": None, "changed_at": verdict.at}
        with self._database.writing() as connection:
            if connection.execute(self._database.insert(verdicts).values(row).on_conflict_do_nothing()).rowcount == 1:
                logger.info("verdict %s: %s", verdict.id, verdict.why[0])
        return self.get(verdict.id) or verdict

    def get(self, id: str) -> Verdict | None:  # noqa: A002 - the column's name
        """The verdict with an id."""
        with self._database.reading() as connection:
            content = connection.scalar(select(verdicts.c.content).where(verdicts.c.id == id))
        return None if content is None else msgspec.json.decode(content, type=Verdict)

    def latest(self, version: str) -> Verdict | None:
        """The last verdict about a version."""
        query = select(verdicts.c.content).where(verdicts.c.version == version)
        with self._database.reading() as connection:
            content = connection.scalar(query.order_by(verdicts.c.at.desc(), verdicts.c.id.desc()).limit(1))
        return None if content is None else msgspec.json.decode(content, type=Verdict)

    def concluded(self, version: str, since: int) -> Verdict | None:
        """The last verdict about a version since a time, without those that conclude nothing."""
        query = select(verdicts.c.content).where(verdicts.c.version == version, verdicts.c.at >= since)
        with self._database.reading() as connection:
            for content in connection.scalars(query.order_by(verdicts.c.at.desc(), verdicts.c.id.desc())):
                verdict = msgspec.json.decode(content, type=Verdict)
                if verdict.concludes:
                    return verdict
        return None

    def deliveries(self, states: Sequence[State]) -> tuple[Delivery, ...]:
        """The deliveries in one of these states, oldest first."""
        query = select(verdicts).where(verdicts.c.state.in_(states)).order_by(verdicts.c.at)
        with self._database.reading() as connection:
            return tuple(_delivery(row) for row in connection.execute(query).mappings())

    def states(self) -> dict[State, int]:
        """How many verdicts are in each state."""
        with self._database.reading() as connection:
            rows = connection.execute(select(verdicts.c.state, func.count()).group_by(verdicts.c.state)).all()
        return dict(sorted(map(tuple, rows)))

    def reaction(self) -> Reaction | None:
        """The last retraining that was started."""
        started = select(actions.c.verdict, actions.c.at.label("started_at")).where(actions.c.kind == "started")
        with self._database.reading() as connection:
            action = connection.execute(started.order_by(actions.c.number.desc()).limit(1)).first()
            if action is None:
                return None
            row = connection.execute(select(verdicts).where(verdicts.c.id == action.verdict)).mappings().one()
        delivery = _delivery(row)
        ended = row["changed_at"] if delivery.ended else None
        paused = any(verdict == delivery.verdict for verdict, _ in self.waiting())
        return Reaction(row["at"], action.started_at, ended, paused)

    def waiting(self) -> tuple[tuple[str, Action], ...]:
        """The last action about each verdict, if it waits for a person, with the verdict's id; oldest first."""
        last = select(func.max(actions.c.number)).group_by(actions.c.verdict)
        query = select(actions).where(actions.c.number.in_(last), actions.c.waits)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(actions.c.number)).mappings().all()
        return tuple((row["verdict"], _action(row)) for row in rows)

    def move(self, before: Delivery, after: Delivery, now: int, done: Action | None = None) -> bool:
        """Change a delivery's state, and note the action. False if the delivery is in another state already."""
        table = verdicts
        here = (table.c.id == before.verdict, table.c.state == before.state, table.c.attempt == before.attempt)
        values = {"state": after.state, "note": after.note, "attempt": after.attempt, "run": after.run}
        with self._database.writing() as connection:
            moved = connection.execute(update(table).where(*here).values(**values, changed_at=now)).rowcount == 1
            if moved and done is not None:
                _act(connection, before.verdict, done)
        return moved

    def act(self, verdict: str, done: Action) -> bool:
        """Note an action about a verdict; False if there is no such verdict."""
        with self._database.writing() as connection:
            known = connection.scalar(select(verdicts.c.id).where(verdicts.c.id == verdict)) is not None
            if known:
                _act(connection, verdict, done)
        return known

    def judged(self, rows: Sequence[RowMapping]) -> tuple[FollowedVerdict, ...]:
        """Verdicts from rows of the table, with the actions about each."""
        ids = [row["id"] for row in rows]
        query = select(actions).where(actions.c.verdict.in_(ids)).order_by(actions.c.number)
        with self._database.reading() as connection:
            done = connection.execute(query).mappings().all()
        return tuple(
            FollowedVerdict(
                msgspec.json.decode(row["content"], type=Verdict),
                _delivery(row),
                row["changed_at"],
                tuple(_action(action) for action in done if action["verdict"] == row["id"]),
            )
            for row in rows
        )


def _act(connection: Connection, verdict: str, done: Action) -> None:
    connection.execute(insert(actions).values(verdict=verdict, **msgspec.structs.asdict(done)))


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(row["id"], row["version"], row["judgement"], row["state"], row["note"], row["attempt"], row["run"])


def _action(row: RowMapping) -> Action:
    return Action(**{name: row[name] for name in Action.__struct_fields__})
