"""The output of a command: its result on stdout, as text or as one JSON document, and everything else on stderr."""

from __future__ import annotations

import contextlib
import functools
import getpass
import re
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from flows.settings import bypass_proxy

_OURS = ("flows", "monitoring", "serving", "training")
_ABSENT = re.compile(r"(\S+): cannot open shared object file")
"""What the system's loader says, from Python's import or from a library's own loading."""
_PACKAGES = {"libgomp.so.1": "libgomp1 (Debian, Ubuntu) or libgomp (Fedora, RHEL)"}
"""The system's packages of the libraries that ours do not bring with them."""


class CommandOutput:
    """The output of one command."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._stdout = sys.stdout

    def say(self, text: str) -> None:
        """Print progress, and everything else that is not the result."""
        click.echo(text, err=True)

    def result(self, document: Any, text: str) -> None:
        """Print the result: `document` with --json, `text` without. Call it once per command."""
        if self._as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(document, enc_hook=str), indent=2), self._stdout)
        elif text:
            click.echo(text, self._stdout)

    def fail(self, message: str) -> None:
        """Print why the command failed."""
        self.say(f"error: {message}")
        if self._as_json:
            self.result({"error": message}, "")


def reporting(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --json and a CommandOutput as its first argument. A user never sees a traceback.

    An exception of our own classes has a message for the user. Any other exception is a fault and goes to the log.
    """

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, all else on stderr.")
    @functools.wraps(function)
    def run(as_json: bool, **values: Any) -> None:
        output = CommandOutput(as_json)
        try:
            with contextlib.redirect_stdout(sys.stderr):  # a library's output is not the result
                bypass_proxy()
                function(output, **values)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            output.fail("stopped by Ctrl-C")
            sys.exit(1)
        except Exception as error:  # noqa: BLE001 - the last place to catch an error
            output.fail(_message(error))
            sys.exit(1)

    return run


def user() -> str:
    """The user who runs the command, for the audit trail. A pod has no users, so there USER may name one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"somebody in {socket.gethostname()}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines; each column is as wide as its widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _message(error: Exception) -> str:
    if type(error).__module__.partition(".")[0] in _OURS:
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError | ImportError) and (absent := _ABSENT.search(str(error))):
        package = _PACKAGES.get(absent[1], "the package that contains it")
        return f"{absent[1]} is missing on this machine: install {package}"
    log = _write_down(error)
    return f"this should not happen: {type(error).__name__}: {error}. The traceback is in {log}"


def _write_down(error: Exception) -> Path:
    from flows.settings import from_environment

    log = from_environment().folder / "logs" / "credence.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(f"{datetime.now().astimezone().isoformat()} {' '.join(sys.argv[1:])}\n")
        traceback.print_exception(error, file=file)
    return log
