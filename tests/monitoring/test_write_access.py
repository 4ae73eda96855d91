"""Who may write to the monitor, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring.__main__ import compose
from monitoring.settings import MonitorSettings, MonitorSettingsError, from_environment
from monitoring.store.records import Store

TOKEN = "geheim"
DESK = "https://desk.example.com"
WRITES = [
    ("POST", "/v1/records"),
    ("POST", "/v1/outcomes"),
    ("POST", "/v1/reviews"),
    ("POST", "/v1/verdicts/3-1-0/actions"),
    ("POST", "/review/verdicts/3-1-0/report"),
    ("PUT", "/v1/live"),
    ("DELETE", "/v1/clients/1/records"),
]


@pytest.fixture(scope="module")
def open_client() -> type:
    from tests.monitoring.conftest import TestClient

    return TestClient


@pytest.fixture
def visit(open_client: type, make_store: Callable[..., Store], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Asks a monitor that has a token, or none."""
    clients: dict[str, Any] = {}

    def ask(method: str, path: str, token: str = TOKEN, **headers: str) -> Any:
        if token not in clients:
            settings = MonitorSettings(
                home=str(tmp_path), monitor_token=token, monitor_review_seconds=3600, allowed_origins=DESK
            )
            store = make_store()
            clients[token] = open_client(compose(store, settings))
            clients[token].__enter__()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return clients[token].request(method, path, headers=sent)

    yield ask
    for client in clients.values():
        client.__exit__(None, None, None)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_write_wants_the_token(visit: Callable[..., Any], method: str, path: str) -> None:
    for wrong in ({}, {"authorization": f"Bearer {TOKEN}2"}, {"authorization": f"Basic {TOKEN}"}):
        answer = visit(method, path, **wrong)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), wrong
        assert "the token of CREDENCE_MONITOR_TOKEN" in answer.json()["error"]
        assert TOKEN not in answer.text
    assert visit(method, path, authorization=f"Bearer {TOKEN}").status_code not in (401, 403)
    assert visit(method, path, token="").status_code not in (401, 403)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/", "/review", "/v1/status", "/v1/records", "/metrics", "/health/ready", "/docs"])
def test_looking_is_free(visit: Callable[..., Any], path: str) -> None:
    assert visit("GET", path, sec_fetch_site="cross-site").status_code == 200


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_every_write_is_tried_here(visit: Callable[..., Any]) -> None:
    paths = visit("GET", "/openapi.json").json()["paths"]
    writes = [(verb, path) for path, verbs in paths.items() for verb in verbs if verb != "get"]
    assert len(writes) == sum(path.startswith("/v1/") for _, path in WRITES), writes


FOREIGN = [
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"origin": "http://evil"},
    {"origin": "null"},
]
OWN = [{}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": "http://testserver"}]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("headers", FOREIGN)
def test_other_sites_pages_do_not_write(visit: Callable[..., Any], headers: dict[str, str]) -> None:
    answer = visit("POST", "/v1/reviews", token="", **headers)
    assert answer.status_code == 403
    assert "got a page of another site" in answer.json()["error"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("headers", OWN)
def test_own_pages_and_programs_write(visit: Callable[..., Any], headers: dict[str, str]) -> None:
    assert visit("POST", "/v1/reviews", token="", **headers).status_code == 409  # nothing to judge yet


ASKING = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_allowed_page_may_ask_and_write(visit: Callable[..., Any], method: str, path: str) -> None:
    asked = visit("OPTIONS", path, origin=DESK, **ASKING | {"access_control_request_method": method})
    assert (asked.status_code, asked.headers["access-control-allow-headers"]) == (200, "authorization")
    answer = visit(method, path, token="", origin=DESK, sec_fetch_site="cross-site")
    assert answer.status_code != 403
    for each in (asked, answer, visit("GET", "/v1/status", origin=DESK)):
        assert each.headers["access-control-allow-origin"] == DESK
        assert "origin" in each.headers["vary"].lower()
        assert "access-control-allow-credentials" not in each.headers


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("origin", ["https://desk.example.com:8443", "null"])
def test_other_page_is_refused_with_the_settings_name(visit: Callable[..., Any], origin: str) -> None:
    asked = visit("OPTIONS", "/v1/reviews", origin=origin, **ASKING)
    assert asked.status_code == 403
    assert "expected one that CREDENCE_ALLOWED_ORIGINS names" in asked.json()["error"]


@pytest.mark.parametrize("setting", ["*", "null", f"{DESK}/", f"{DESK}:443", "https://*.example.com"])
def test_setting_names_exact_origins(setting: str) -> None:
    with pytest.raises(MonitorSettingsError, match="CREDENCE_ALLOWED_ORIGINS: expected scheme://host or"):
        from_environment({"CREDENCE_ALLOWED_ORIGINS": setting})


def test_secrets_are_not_told() -> None:
    told = {"CREDENCE_MONITOR_TOKEN": TOKEN, "CREDENCE_MONITOR_DATABASE": f"postgresql+psycopg://u:{TOKEN}@db/x"}
    assert TOKEN not in repr(from_environment(told))
    with pytest.raises(MonitorSettingsError, match="CREDENCE_MONITOR_TOKEN: expected") as caught:
        from_environment({"CREDENCE_MONITOR_TOKEN": f"{TOKEN}\n"})
    assert TOKEN not in str(caught.value)
