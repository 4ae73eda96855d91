import pytest

from monitoring.errors import StoreError
from monitoring.store.database import Database
from serving.records import CONTENT_TYPE


@pytest.fixture
def url(tmp_path):
    """A database in a folder that a test can take away."""
    return f"sqlite:///{tmp_path / 'store' / 'records.sqlite'}"


@pytest.fixture
def away(client, tmp_path, make_store):
    """The store's folder under another name, and no connection left."""
    client.app.state.store.database.close()
    (tmp_path / "store").rename(tmp_path / "away")
    yield tmp_path / "away"
    if (tmp_path / "away").exists():
        (tmp_path / "away").rename(tmp_path / "store")


@pytest.mark.parametrize("path", ["/health/ready", "/v1/status", "/v1/records", "/v1/records/a-0", "/metrics"])
def test_database_away_is_503(client, away, path, url):
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer.json() == {"error": f"the database {url} is not available: OperationalError"}
    assert client.get("/health/live").status_code == 200


def test_unreachable_server_is_named_without_its_password():
    with pytest.raises(StoreError, match=r"^the database postgresql\+psycopg://127.0.0.1:9/none is not available: Op"):
        Database("postgresql+psycopg://nobody:geheim@127.0.0.1:9/none?options=geheim").prepare()


def test_batch_is_not_acknowledged(client, away, make_record, body):
    answer = client.post("/v1/records", content=body(make_record()), headers={"Content-Type": CONTENT_TYPE})
    assert answer.status_code == 503


def test_deleted_database_acknowledges_nothing(client, post, make_record, body, tmp_path):
    post(make_record())
    for path in (tmp_path / "store").iterdir():
        path.unlink()
    answer = client.post("/v1/records", content=body(make_record()), headers={"Content-Type": CONTENT_TYPE})
    assert answer.status_code == 503
    assert post(make_record()) == {"received": 1, "duplicates": 0}


def test_own_mistake_is_logged_without_values(client, caplog, monkeypatch):
    def fail(*_: object) -> None:
        raise ValueError("SECRET".lower())

    monkeypatch.setattr(client.app.state.store, "status", fail)
    assert client.get("/v1/status").status_code == 500
    assert "failed to answer: ValueError" in caplog.text
    assert "in status" in caplog.text
    assert "secret" not in caplog.text


def test_database_comes_back(client, away, post, make_record, tmp_path):
    assert client.get("/health/ready").status_code == 503
    away.rename(tmp_path / "store")
    assert post(make_record()) == {"received": 1, "duplicates": 0}
    assert client.get("/health/ready").status_code == 200
