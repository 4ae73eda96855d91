"""The pages as Chromium shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from monitoring.pages.figures import path
from monitoring.pages.source import Facts
from tests.width import overflow

SITE = "http://127.0.0.1:9"


def serve(page: Page, client: Any) -> None:
    """Answer the browser by the client, headers and all."""

    def answer(route: Route) -> None:
        got = client.get(route.request.url.removeprefix(SITE))
        route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.text)

    page.route("**/*", answer)


@pytest.mark.parametrize(("windows", "columns"), [(0, 0), (1, 6), (40, 370)])
def test_pages_fit_their_window(
    page: Page, visit: Callable[..., Any], make_facts: Callable[..., Facts], windows: int, columns: int
) -> None:
    facts = make_facts(windows, columns) if windows else Facts()
    serve(page, visit(facts))
    last = facts.windows[-1] if windows else None
    shown = ["/review"]
    if last is not None:
        shown += [path("windows", last.id), path("windows", facts.windows[0].id), path("verdicts", f"{last.id}-0")]
        shown += [path("windows", last.id, one.name) for one in last.columns[:4]]
    for address in shown:
        page.goto(SITE + address)
        assert [overflow(page, width) for width in (1280, 390)] == [0, 0], address


def test_a_cell_leads_to_its_column(page: Page, visit: Callable[..., Any], make_facts: Callable[..., Facts]) -> None:
    facts = make_facts(3)
    serve(page, visit(facts))
    page.goto(SITE + "/review")
    cells = page.locator(".heat tbody a[title*='AMT_REQ_CREDIT_BUREAU_0, window 3-2']")
    assert cells.inner_text() == "●"
    cells.click()
    assert page.locator("h1").inner_text() == "AMT_REQ_CREDIT_BUREAU_0"
    page.get_by_role("link", name="window 3-2", exact=True).click()
    assert page.locator("h1").inner_text() == "Window 2 of version 3"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(page: Page, visit: Callable[..., Any], make_facts: Callable[..., Facts], scheme: Any) -> None:
    serve(page, visit(make_facts(3)))
    page.emulate_media(color_scheme=scheme)
    page.goto(SITE + "/review")
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.querySelector('section')).backgroundColor]"
        ".map(text => text.match(/\\d+/g).slice(0, 3).map(Number))"
    )
    assert contrast(ink, paper) > 7
    assert (sum(paper) > 600) == (scheme == "light")


def contrast(one: list[int], other: list[int]) -> float:
    """Ratio of relative luminances, 1 to 21 (WCAG 2.2)."""

    def luminance(colour: list[int]) -> float:
        parts = [part / 255 for part in colour]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
