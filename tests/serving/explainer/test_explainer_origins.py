"""Pages of the origins in the setting may call the explainer, other pages may not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

PATHS = ["/v1/models/credit-default:explain", "/v2/models/credit-default/infer"]


def ask(url: str, origin: str) -> httpx.Response:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    return httpx.options(url, headers=asked)


@pytest.mark.parametrize("path", PATHS)
def test_allowed_page_may_ask_and_read(explainer: Any, path: str) -> None:
    asked = ask(explainer.url + path, "https://desk.example.com")
    assert (asked.status_code, asked.headers["access-control-allow-headers"]) == (200, "content-type")
    answer = explainer.post(path, {}, headers={"origin": "https://desk.example.com"})
    for each in (asked, answer):
        assert each.headers["access-control-allow-origin"] == "https://desk.example.com"
        assert "origin" in each.headers["vary"].lower()
        assert "access-control-allow-credentials" not in each.headers


@pytest.mark.parametrize("path", PATHS)
def test_other_page_is_refused_with_the_settings_name(explainer: Any, path: str) -> None:
    asked = ask(explainer.url + path, "https://other.example.com")
    assert asked.status_code == 403
    assert "expected one that CREDENCE_ALLOWED_ORIGINS names" in asked.json()["error"]
    assert "access-control-allow-origin" not in asked.headers
