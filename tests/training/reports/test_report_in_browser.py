"""The training report as a person opens it: from a folder, without a network."""

import pytest
from playwright.sync_api import Page

from tests.width import overflow
from training.reports import write


@pytest.fixture(scope="module")
def address(results, tmp_path_factory) -> str:
    directory = tmp_path_factory.mktemp("bundle")
    write(results, directory)
    return (directory / "reports" / "index.html").as_uri()


def test_every_picture_is_drawn(page: Page, address: str) -> None:
    page.goto(address)
    widths = page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert len(widths) == 11
    assert min(widths) > 400


@pytest.mark.parametrize("width", [1100, 600])
def test_nothing_is_wider_than_the_window(page: Page, address: str, width: int) -> None:
    page.goto(address)
    assert overflow(page, width) == 0


@pytest.mark.parametrize("width", [1100, 600])
def test_no_table_needs_a_scroll_bar(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    assert set(page.eval_on_selector_all(".wide", "boxes => boxes.map(box => box.scrollWidth - box.clientWidth)")) == {
        0
    }
