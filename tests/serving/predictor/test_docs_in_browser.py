"""The page at /docs as a person uses it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.width import overflow


def test_an_application_is_tried(page: Page, predictor) -> None:
    page.goto(f"{predictor.url}/docs")
    page.get_by_role("button", name="POST").click()
    expect(page.locator("#answer")).to_contain_text("probabilite_de_defaut")


def test_an_error_is_shown(page: Page, predictor) -> None:
    page.goto(f"{predictor.url}/docs")
    page.locator("#request").fill("{}")
    page.get_by_role("button", name="POST").click()
    expect(page.locator("#answer")).to_contain_text(re.compile("400.*error", re.DOTALL))


@pytest.mark.parametrize("width", [1100, 600])
def test_fields_are_readable(page: Page, predictor, manifest, width: int) -> None:
    page.goto(f"{predictor.url}/docs")
    for field in manifest.fields:
        expect(page.get_by_role("cell", name=field.name, exact=True)).to_be_visible()
    assert overflow(page, width) == 0
