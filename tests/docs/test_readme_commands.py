"""A command, option, target, setting or file that a page names exists; every command is in the README."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

import flows.settings
import monitoring.settings
import serving.predictor.settings
from flows.cli import credence
from tests.docs.pages import PAGES, ROOT, commands

BIN = Path(sys.executable).parent
SETTINGS = (
    flows.settings.PlatformSettings,
    monitoring.settings.MonitorSettings,
    serving.predictor.settings.PredictorSettings,
)
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def tree(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The commands below a group, each with its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from tree(command, *path, name)
        else:
            yield (*path, name), command


def options(command: click.Command) -> set[str]:
    return {"--help", "--version"} | {name for parameter in command.params for name in parameter.opts}


def unknown_in_call(words: list[str]) -> str | None:
    """The first word behind `credence` that the command does not know."""
    command: click.Command = credence
    for word in words:
        if word.startswith("-"):
            if word not in options(command):
                return word
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return word
            command = command.commands[word]
    return None


def unknown(typed: str) -> str | None:
    """What does not exist of a line that can be typed; None if all does, or if it is no command."""
    if not re.match(r"(make|credence|\.venv/bin/\w+|curl|--[a-z-]+)( |$)", typed):
        return None
    first, *words = shlex.split(typed)
    if first == "make":
        made = re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return next((word for word in words if word not in made), None)
    if first in ("credence", ".venv/bin/credence"):
        return unknown_in_call(words)
    if first.startswith("--"):
        return None if any(first in options(command) for _, command in tree(credence)) else first
    if first == "curl":
        files = [word.removeprefix("@") for word in words if word.startswith("@")]
        return next((file for file in files if not (ROOT / file).exists()), None)
    if not (BIN / Path(first).name).exists():
        return first
    modules = words[1:2] if words[:1] == ["-m"] else []
    return next((module for module in modules if importlib.util.find_spec(module) is None), None)


@EACH_PAGE
def test_commands_exist(page: Path) -> None:
    missing = {typed: unknown(typed) for typed in commands(page.read_text())}
    assert {typed: what for typed, what in missing.items() if what is not None} == {}


def test_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    listed = re.findall(r"^\| `credence ([a-z ]+)` \|", text, re.MULTILINE)
    assert sorted(listed) == sorted(" ".join(words) for words, _ in tree(credence))


def test_contributing_lists_every_target() -> None:
    targets = re.findall(r"^([a-z0-9]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^\| `make ([a-z0-9]+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(set(targets) - {"help"})


@EACH_PAGE
def test_settings_exist(page: Path) -> None:
    known = {f"CREDENCE_{field.name.upper()}" for kind in SETTINGS for field in msgspec.structs.fields(kind)}
    named = set(re.findall(r"\bCREDENCE_[A-Z_]+[A-Z]\b", page.read_text()))
    assert named <= known | {"CREDENCE_TEST_DATA", "CREDENCE_TEST_CLUSTER"}


@EACH_PAGE
def test_named_files_exist(page: Path) -> None:
    named = [
        word
        for word in commands(page.read_text())
        if re.fullmatch(r"(training|serving|monitoring|flows|tests|docs)/[\w/.]*", word)
    ]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("make demo", None),
        ("make cake", "cake"),
        (".venv/bin/credence train --data DIR", None),
        (".venv/bin/credence train --date DIR", "--date"),
        ("credence records forget 100001", None),
        ("credence records remember 100001", "remember"),
        ("credence explain", "explain"),
        ("--trials", None),
        ("--tries", "--tries"),
        (".venv/bin/nothing", ".venv/bin/nothing"),
        (".venv/bin/python -m nothing_there", "nothing_there"),
        ("curl --json @docs/nothing.json http://127.0.0.1:8080", "docs/nothing.json"),
    ],
)
def test_check_finds_what_is_unknown(typed: str, what: str | None) -> None:
    assert unknown(typed) == what
