"""A page of another origin in a real browser: it reads answers only if the setting names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Error, Page

ASK = """async url => {
  const headers = {"content-type": "application/json", "authorization": "Bearer x"};
  const answer = await fetch(url, {method: "POST", headers, body: "{}"});
  return [answer.status, answer.headers.get("x-request-id") !== null];
}"""


@pytest.mark.parametrize("allowed", [True, False])
def test_page_of_another_origin(page: Page, predictor: Any, start: Callable[..., Any], allowed: bool) -> None:
    other = start(allowed_origins=predictor.url if allowed else "https://desk.example.com")
    other.wait_ready()
    page.goto(f"{predictor.url}/docs")
    url = f"{other.url}/v2/models/credit-default/infer"
    if allowed:
        assert page.evaluate(ASK, url) == [400, True]
    else:
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate(ASK, url)
