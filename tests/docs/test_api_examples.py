"""Every request in docs/api.md is sent, and every answer in it is what a predictor answers.

`.venv/bin/pytest tests/docs/test_api_examples.py --write-answers` puts the answers of this code into the page.
"""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from tests.docs.examples import Predictor, ask, normal, pairs, parse, shown
from tests.docs.pages import ROOT, Block, blocks

PAGE = ROOT / "docs" / "api.md"


@pytest.fixture
def write(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--write-answers", default=False))


def put(answers: list[tuple[Block, str]]) -> None:
    """Replace blocks of the page, the last first, so that the places of the others stay true."""
    text = PAGE.read_text()
    for block, content in reversed(answers):
        text = text[: block.start] + content + text[block.end :]
    PAGE.write_text(text)


def test_answers_are_a_predictors(predictor: Predictor, write: bool) -> None:
    answers = []
    for request, block in pairs(blocks(PAGE.read_text())):
        response = ask(request, predictor)
        answers.append((request, block, shown(response, list(parse(block.content).headers))))
    if write:
        put([(block, answer) for _, block, answer in answers if not same(block, answer)])
        return
    assert answers
    for request, block, answer in answers:
        assert normal(block.content) == normal(answer), f"{request.first} is answered otherwise; see --write-answers"


def test_python_prints_what_is_shown(predictor: Predictor, write: bool) -> None:
    found = blocks(PAGE.read_text())
    scripts = [(one, other) for one, other in itertools.pairwise(found) if one.language == "python"]
    printed = [(output, run(script.content, predictor)) for script, output in scripts]
    if write:
        put(printed)
        return
    assert printed
    for output, text in printed:
        assert output.content == text


def same(block: Block, answer: str) -> bool:
    return "\n\n{" in block.content and normal(block.content) == normal(answer)


def run(script: str, predictor: Predictor) -> str:
    """What a script of the page prints, with this predictor in the place of the one it names."""
    for port, url in (("8080", predictor.url), ("8079", predictor.admin_url)):
        script = script.replace(f"127.0.0.1:{port}", url.removeprefix("http://"))
    command = [sys.executable, "-W", "ignore", "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
