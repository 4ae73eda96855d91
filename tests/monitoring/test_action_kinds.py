"""What an action is, apart from its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from monitoring.store.records import Store
from monitoring.store.tables import FORMAT, facts
from monitoring.store.verdicts import Action, Judgements
from monitoring.verdict import Verdict


def verdict() -> Verdict:
    rest: dict[str, Any] = {"why": ("Because.",), "window": None, "cohort": None, "figures": {}, "drifted": ()}
    return Verdict(id="1-1-0", at=1, model="credit-default", version="1", judgement="retrain", **rest)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("given", "kind"), [({}, "noted"), ({"kind": "registered"}, "registered")])
def test_a_kind_may_be_given(client: Any, given: dict[str, str], kind: str) -> None:
    client.app.state.reviewer.judgements.add(verdict())
    answer = client.post("/v1/verdicts/1-1-0/actions", json={"what": "version 4 registered", **given})
    assert (answer.status_code, answer.json()["kind"]) == (200, kind)
    assert client.get("/v1/verdicts/1-1-0").json()["actions"][0]["kind"] == kind


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_kind_is_one_of_a_few(client: Any) -> None:
    client.app.state.reviewer.judgements.add(verdict())
    answer = client.post("/v1/verdicts/1-1-0/actions", json={"what": "?", "kind": "begun"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("kind: ")


def test_words_do_not_start_a_retraining(make_store: Callable[..., Store]) -> None:
    judgements = Judgements(make_store().database)
    judgements.act(judgements.add(verdict()).id, Action(at=2, what="retraining started", version=None, run=None))
    assert judgements.reaction() is None


def test_the_actions_of_format_3_get_their_kind(make_store: Callable[..., Store]) -> None:
    database = make_store().database
    judgements = Judgements(database)
    judgements.add(verdict())
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE actions DROP COLUMN kind"))
        connection.execute(text("UPDATE facts SET value = 3 WHERE name = 'format'"))
        for what in ("retraining started", "version 2 registered"):
            connection.execute(
                text("INSERT INTO actions (verdict, at, what, waits) VALUES ('1-1-0', 5, :what, :waits)"),
                {"what": what, "waits": False},
            )
    store = make_store()
    (judged,) = Judgements(store.database).judged(store.rows(text("SELECT * FROM verdicts")))  # type: ignore[arg-type]
    assert [action.kind for action in judged.actions] == ["started", "noted"]
    assert Judgements(store.database).reaction() is not None
    assert store.rows(select(facts.c.value).where(facts.c.name == "format"))[0]["value"] == FORMAT
