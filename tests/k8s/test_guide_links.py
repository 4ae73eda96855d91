"""A link of the operators' pages to a heading or an anchor leads to one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import links
from tests.k8s.guide import GITOPS, GUIDE, ROOT


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings, and those that it sets itself."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([\w-]+)"></a>', page.read_text()))


@pytest.mark.parametrize("page", [GUIDE, GITOPS, ROOT / "k8s" / "README.md"], ids=lambda page: page.stem)
def test_links_lead_to_anchors(page: Path) -> None:
    inner = [link for link in links(page.read_text()) if not link.startswith("https://")]
    for link in inner:
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
