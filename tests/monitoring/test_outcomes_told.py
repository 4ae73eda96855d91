from sqlalchemy import func, select

from monitoring.store.tables import outcomes


def tell(client, *told):
    names = ("record", "defaulted", "explored")
    return client.post("/v1/outcomes", json={"outcomes": [dict(zip(names, one, strict=False)) for one in told]})


def stored(client):
    store = client.app.state.store
    return store.rows(select(func.count().label("count")).select_from(outcomes))[0]["count"]


def test_outcomes_are_told_once(client, post, make_record):
    post(make_record("s-0"), make_record("s-1", probability=0.5))
    told = [("s-0", False), ("s-1", True, 0.1)]
    assert tell(client, *told).json() == {"received": 2, "new": 2, "changed": 0}
    assert tell(client, *told).json() == {"received": 2, "new": 0, "changed": 0}
    assert tell(client, ("s-0", True)).json() == {"received": 1, "new": 0, "changed": 1}


def test_unknown_record_refuses_all(client, post, make_record):
    post(make_record("s-0"))
    answer = tell(client, ("s-0", False), ("s-1", False))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("record: expected the id of a record, got 's-1'")
    assert stored(client) == 0


def test_forgotten_client_takes_outcomes_along(client, post, make_record):
    post(make_record("s-0", client=5), make_record("s-1", client=6))
    tell(client, ("s-0", False), ("s-1", False))
    client.delete("/v1/clients/5/records")
    assert stored(client) == 1
    assert tell(client, ("s-0", False)).status_code == 400


def test_record_forgotten_on_its_way_does_so_too(client, post, make_record):
    post(make_record("s-0"))
    tell(client, ("s-0", False))
    post("s-0")
    assert stored(client) == 0


def test_retention_takes_outcomes_along(client, post, make_record):
    post(make_record("s-0", at=make_record().at - 29 * 86_400_000_000), make_record("s-1"))
    tell(client, ("s-0", False), ("s-1", False))
    client.app.state.store._retention -= 2 * 86_400_000_000
    assert client.app.state.store.expire() == 1
    assert stored(client) == 1


def test_other_type_is_refused(client):
    answer = client.post("/v1/outcomes", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]) == (
        415,
        "Content-Type: expected application/json, got 'text/plain'",
    )
