"""How wide a page is."""

from __future__ import annotations

from playwright.sync_api import Page


def overflow(page: Page, width: int) -> int:
    """Pixels by which a page is wider than a window of that width."""
    page.set_viewport_size({"width": width, "height": 900})
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
