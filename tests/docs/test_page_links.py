"""Links lead somewhere, and no page says where it was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, links

PUBLISHED = (*PAGES, ROOT / "docs" / "loop.svg", ROOT / "docs" / "application.json")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    relative = [link for link in links(page.read_text()) if not link.startswith("https://")]
    assert [link for link in relative if not (page.parent / link.partition("#")[0]).exists()] == []


def test_readme_links_every_page() -> None:
    readme = ROOT / "README.md"
    linked = {(ROOT / link).resolve() for link in links(readme.read_text())}
    assert {*PAGES} - {readme} <= linked


@pytest.mark.parametrize("page", PUBLISHED, ids=lambda page: page.name)
def test_page_names_no_machine(page: Path) -> None:
    hosts = r"pypi\.org|pythonhosted|npmjs|docker\.io|ghcr\.io|quay\.io|anaconda\.org|proxy\.golang"
    found = re.search(rf"(?<![\w.])/(work|root|tmp|home|mnt|usr)/|{hosts}", page.read_text())
    assert found is None, found
