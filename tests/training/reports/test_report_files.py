from __future__ import annotations

import re
from dataclasses import replace

import matplotlib
import pytest

from training.reports import write
from training.reports.document import Bullets, Code, Document, Section
from training.reports.page import html
from training.reports.table import ReportTable

PICTURES = "calibration contributions default_rates dependence drift groups imbalance missing ranking reasons threshold"


def contents(directory):
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*.*")}


@pytest.fixture(scope="module")
def written(results, tmp_path_factory):
    directory = tmp_path_factory.mktemp("bundle")
    write(results, directory)
    return contents(directory)


def test_every_report_is_there(written):
    pictures = {f"reports/{name}.png" for name in PICTURES.split()}
    assert set(written) == {"card.md", "reports/index.html", *pictures}


def test_same_run_same_bytes(written, results, tmp_path):
    before = dict(matplotlib.rcParams)
    write(results, tmp_path)
    assert contents(tmp_path) == written
    assert dict(matplotlib.rcParams) == before


def test_pictures_carry_no_stamp(written):
    for name, content in written.items():
        if name.endswith(".png"):
            assert content.startswith(b"\x89PNG")
            assert b"Software" not in content
            assert b"tIME" not in content


def test_page_needs_no_network(written):
    page = written["reports/index.html"].decode()
    assert page.count('src="data:image/png;base64,') == len(PICTURES.split())
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    text = re.sub(r"base64,[^\"]*", "", page)  # a picture's bytes may spell anything
    assert "http" not in text
    assert "@import" not in text


def test_card_links_each_picture(written):
    linked = re.findall(r"!\[[^]]+]\((reports/\w+\.png)\)", written["card.md"].decode())
    assert sorted(linked) == sorted(name for name in written if name.endswith(".png"))


def test_page_sections_are_reachable(written):
    page = written["reports/index.html"].decode()
    assert re.findall(r'<a href="#([^"]+)">', page) == re.findall(r'<section id="([^"]+)">', page)


def test_bare_run_is_reported(results, tmp_path):
    bare = replace(
        results,
        trials=(),
        imbalance=(),
        groups={},
        dropped=(),
        fields=(),
        drift=(),
        alarms=(),
        candidates=results.candidates[:1],
    )
    bare = replace(bare, chosen="constant")
    write(bare, tmp_path)
    assert "It had no competitor." in (tmp_path / "card.md").read_text()


def test_names_are_escaped(results):
    tag = "<script>alert(1)</script>"
    blocks = (tag, Bullets((tag,)), ReportTable((tag, "rows"), ((tag, "1"),)), Code(tag))
    document = Document(tag, (Section(tag, blocks),))
    assert "<script>" not in html(document, replace(results, alarms=(tag,)))
    assert "<script>" not in Document(tag, (Section("", blocks[:3]),)).markdown()


def test_backticks_are_code(results):
    document = Document("Card", (Section("One", ("It says `refuse` & stops.",)),))
    assert "<p>It says <code>refuse</code> &amp; stops.</p>" in html(document, results)
