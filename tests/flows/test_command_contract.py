from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from flows.cli import credence as command_line
from flows.cli.output import reporting
from flows.errors import FlowError
from tests.flows.conftest import Credence
from training.bundle import Costs


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


COMMANDS = list(commands(command_line))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_teaches(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(command_line, [*path, "--help"])
    assert result.exit_code == 0
    assert f"Example:  credence {' '.join(path)}" in result.stdout
    assert "--json" in result.stdout


def test_costs_are_those_of_the_format() -> None:
    """The command states them itself, so that asking for help imports no library."""
    defaults = {option.name: option.default for option in command_line.commands["train"].params}
    assert Costs(defaults["cost_fn"], defaults["cost_fp"]) == Costs()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["up", "--nonsense"],
        ["records", "forget"],
        ["data", "synth", "--clients", "0"],
        ["score", "a.csv"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    assert CliRunner().invoke(command_line, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["records", "status"], "the monitor does not answer at"),
        (["records", "forget", "1"], "the monitor does not answer at"),
        (["score", "a.csv", "--out", "b.csv"], "no version is live here"),
        (["history", "--data", "x"], "no version is live"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_refusal_is_one_message(credence, arguments: list[str], message: str) -> None:
    done = credence(*arguments, "--json")
    assert done.returncode == 1
    assert message in json.loads(done.stdout)["error"]
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_json_is_one_document(credence) -> None:
    done = credence("status", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {one["name"]: one["state"] for one in json.loads(done.stdout)["processes"]} == {
        "monitor": "down",
        "predictor": "down",
        "explainer": "down",
    }


def test_down_without_up_is_done(credence) -> None:
    done = credence("down")
    assert (done.returncode, done.stdout) == (0, "nothing was up\n")


@click.command()
@click.argument("kind")
@reporting
def failing(output, kind: str) -> None:
    """Fail."""
    print("chatter of a library")
    if kind == "ours":
        raise FlowError("the reason")
    if kind == "file":
        Path("/nonexistent/file").read_text()
    if kind == "interrupt":
        raise KeyboardInterrupt
    raise ZeroDivisionError(kind)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ours", "the reason"),
        ("file", "/nonexistent/file: No such file or directory"),
        ("interrupt", "stopped by Ctrl-C"),
        ("fault", "this should not happen: ZeroDivisionError: fault. The traceback is in"),
    ],
)
def test_no_error_is_a_traceback(kind: str, message: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CREDENCE_HOME", str(tmp_path))
    result = CliRunner().invoke(failing, [kind, "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"].startswith(message)
    assert "Traceback" not in result.stderr
    log = tmp_path / "logs" / "credence.log"
    assert log.exists() == (kind == "fault")
    assert kind != "fault" or "ZeroDivisionError" in log.read_text()


@pytest.mark.parametrize(
    ("kind", "library", "advice"),
    [
        ("OSError", "libgomp.so.1", "install libgomp1 (Debian, Ubuntu) or libgomp (Fedora, RHEL)"),
        ("ImportError", "libother.so.7", "install the package that contains it"),
    ],
)
def test_missing_system_library_is_named(
    credence: Credence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, library: str, advice: str
) -> None:
    """A module that fails as LightGBM does stands in for it, because the system's loader cannot be made to fail."""
    (tmp_path / "instead").mkdir()
    text = f"{library}: cannot open shared object file: No such file or directory"
    (tmp_path / "instead" / "lightgbm.py").write_text(f"raise {kind}({text!r})")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'instead'}:{Path.cwd()}")
    done = credence("train", "--data", "lender")
    assert done.stderr == f"error: {library} is missing on this machine: {advice}\n"
    assert done.returncode == 1
