"""The OpenAPI document and the page made from the bundle's fields."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from serving.protocol import openapi
from training.bundle import Manifest


def test_example_is_answered(site: Any, manifest: Manifest) -> None:
    answer = site.call("POST", "/v2/models/credit-default/infer", openapi.example(manifest))
    assert answer.status_code == 200
    assert "warnings" not in answer.json()["parameters"]


def test_document_names_every_field(site: Any, manifest: Manifest) -> None:
    text = site.call("GET", "/openapi.json").text
    assert all(f'"{field.name}"' in text for field in manifest.fields)


def test_documented_paths_exist(site: Any) -> None:
    for path, methods in site.call("GET", "/openapi.json").json()["paths"].items():
        for method in methods:
            assert site.call(method.upper(), path).status_code not in (404, 405)


def test_page_shows_every_field(site: Any, manifest: Manifest) -> None:
    answer = site.call("GET", "/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for field in manifest.fields:
        assert field.name in answer.text
        assert field.description in answer.text


def test_page_needs_no_other_site(site: Any) -> None:
    assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?(https?:)?//", site.call("GET", "/docs").text)


class Tags(HTMLParser):
    """Fails at a tag that is closed but was not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_well_formed(site: Any) -> None:
    tags = Tags()
    tags.feed(site.call("GET", "/docs").text)
    assert tags.open == []


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_unloaded_model_has_no_page(site: Any, path: str) -> None:
    site.service.serve(None)
    assert site.call("GET", path).status_code == 503
