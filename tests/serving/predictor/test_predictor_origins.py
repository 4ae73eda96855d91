"""What a browser is told about pages of other origins, and that programs notice nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from serving.process.origins import parse_origins
from serving.process.settings import SettingsError

INFER = "/v2/models/credit-default/infer"
DESK = "https://desk.example.com"


def asking(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"origin", origin.encode()),
        (b"access-control-request-method", b"POST"),
        (b"access-control-request-headers", b"authorization,content-type"),
    ]


def test_allowed_page_may_ask_and_read(open_site: Callable[..., Any], tensors: Any, application: Any) -> None:
    site = open_site(allowed_origins=f"http://localhost:5173, {DESK}")
    asked = site.call("OPTIONS", INFER, headers=asking(DESK))
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, DESK)
    assert asked.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in asked.headers["access-control-allow-methods"]
    page = [(b"origin", DESK.encode()), (b"content-type", b"application/json")]
    answer = site.call("POST", INFER, {"inputs": tensors(application)}, headers=page)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, DESK)
    refused = site.call("POST", INFER, b"", headers=page)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (400, DESK)
    for each in (asked, answer, refused, site.call("GET", "/v2")):
        assert each.headers["vary"] == "origin"
        assert "access-control-allow-credentials" not in each.headers


@pytest.mark.parametrize("setting", ["", "https://desk.example.com:8443"])
def test_other_page_is_refused_with_the_settings_name(open_site: Callable[..., Any], setting: str) -> None:
    site = open_site(allowed_origins=setting)
    asked = site.call("OPTIONS", INFER, headers=asking(DESK))
    assert asked.status_code == 403
    assert asked.json()["error"] == f'Origin: expected one that CREDENCE_ALLOWED_ORIGINS names, got "{DESK}"'
    answer = site.call("GET", "/v2", headers=[(b"origin", DESK.encode())])
    for each in (asked, answer):
        assert "access-control-allow-origin" not in each.headers


def test_question_of_a_browser_is_no_decision(open_site: Callable[..., Any]) -> None:
    site = open_site(allowed_origins=DESK)
    site.call("OPTIONS", INFER, headers=asking(DESK))
    assert 'credence_requests_total{kind="infer",status="200"} 1' not in site.call("GET", "/metrics").text


def test_admin_port_allows_no_page(open_site: Callable[..., Any]) -> None:
    site = open_site(allowed_origins=DESK)
    assert site.call("OPTIONS", INFER, headers=asking(DESK), admin=True).status_code == 400


def test_options_of_a_program_is_another_method(site: Any) -> None:
    assert site.call("OPTIONS", INFER).status_code == 405


@pytest.mark.parametrize(
    "setting",
    [
        "*",
        "null",
        "desk.example.com",
        f"{DESK}/",
        f"{DESK}:443",
        "http://desk.example.com:80",
        "https://*.example.com",
        "HTTPS://desk.example.com",
        f"{DESK} https://b.example.com",
        "ftp://desk.example.com",
        f"{DESK}\n{DESK}",
    ],
)
def test_setting_names_exact_origins(setting: str) -> None:
    with pytest.raises(SettingsError, match=r"allowed_origins \(CREDENCE_ALLOWED_ORIGINS\): expected scheme://host or"):
        parse_origins(setting)


def test_setting_may_name_several() -> None:
    assert parse_origins(f" {DESK} ,http://[::1]:8080,") == {DESK, "http://[::1]:8080"}
