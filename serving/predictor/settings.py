"""What can be set about a predictor: by environment variable (`CREDENCE_…`) or by option, the option first."""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

PREFIX = "CREDENCE_"

SEGMENT_BYTES = 64 << 20
"""Size of a segment of the prediction log; the smallest log has two."""

S = TypeVar("S", bound=msgspec.Struct)

Port = Annotated[int, msgspec.Meta(ge=0, lt=1 << 16)]
_Length = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
"""A time in the setting's own unit; the limit keeps infinity out of timers."""

_Token = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]*\Z")]
"""What an HTTP header can hold as it is."""

SECRETS = frozenset({"monitor_token", "smoke_token"})
"""Settings that are no options: anybody on the machine can read a process's command line."""


class SettingsError(Exception):
    """A setting that cannot be used; the message names it, what was expected and what it was."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`http_port` is the variable CREDENCE_HTTP_PORT and the option `--http-port`, and so for each."""

    models: Path
    """Folder with a folder for each version (`3/bundle.json`) and the client history (`history-….arrow`); or a bundle
    itself, whose version must then be given."""
    version: str = ""
    """The version to serve; by default the highest number in `models`."""
    model_name: str = ""
    """The name to serve it under; by default the one in bundle.json."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 in a container."""
    http_port: Port = 8080
    """Port of the protocol's REST API, /metrics and /docs."""
    admin_port: Port = 8079
    """Port for loading, unloading and forgetting, always on 127.0.0.1: who may score may not unload. 0 turns it off."""
    log_directory: Path = Path(".credence/log")
    """Where answered applications are kept until the monitor has them."""
    log_bytes: Annotated[int, msgspec.Meta(ge=2 * SEGMENT_BYTES)] = 1 << 30
    """Largest size of the log; a full one refuses applications, because none is answered unrecorded."""
    retention_days: _Length = 30.0
    """Days that an unshipped record is kept."""
    monitor_url: str = ""
    """Where records are shipped to; without it they stay in the log."""
    monitor_token: _Token = ""
    """What the monitor wants of who ships to it; empty where it wants nothing. By variable only."""
    smoke_token: _Token = ""
    """A request whose header Credence-Smoke says this is answered and not recorded; empty allows none. By variable
    only."""
    unknown: Literal["warn", "reject"] = "warn"
    """An unknown field, an unseen level or a value outside training's range: answered with a warning, or refused."""
    history_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 7
    """Days after its date that a client history is still used; it is made daily, and a week bridges a broken job."""
    body_bytes: Annotated[int, msgspec.Meta(gt=0)] = 8 << 20
    """Largest request body."""
    body_seconds: _Length = 10.0
    """Time a request's head may take to arrive, and its body again; an idle connection is closed after it, too."""
    drain_seconds: _Length = 3.0
    """Seconds between SIGTERM and closing, in which answers say `Connection: close` and the port is taken elsewhere."""
    ship_seconds: _Length = 10.0
    """Seconds after closing to ship what is left of the log."""
    access_log: bool = False
    """Log answered requests too; refused ones always are."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in SECRETS)
        return f"Settings({', '.join(shown)})"


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Settings from options and environment.

    Raises SettingsError; wrong usage of an option exits with 2, as argparse does.
    """
    options = parser(Settings, "python -m serving.predictor", "Answer loan applications.")
    return gather(Settings, vars(options.parse_args(arguments)), environment)


def parser(kind: type[msgspec.Struct], program: str, description: str) -> argparse.ArgumentParser:
    """A parser with an option for each setting of a class that is no secret."""
    options = argparse.ArgumentParser(prog=program, description=description)
    meanings = _meanings(kind)
    for name in (name for name in kind.__struct_fields__ if name not in SECRETS):
        spellings = dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}"))  # KServe writes --http_port
        text = f"{meanings[name]} ({PREFIX}{name.upper()})".replace("%", "%%")
        options.add_argument(*spellings, dest=name, metavar="X", help=text)
    return options


def gather(kind: type[S], options: Mapping[str, object], environment: Mapping[str, str]) -> S:
    """Settings of a class from parsed options, where they are not None, and environment. Raises SettingsError."""
    given: dict[str, object] = {
        name: environment[PREFIX + name.upper()]
        for name in kind.__struct_fields__
        if PREFIX + name.upper() in environment
    }
    given |= {name: value for name, value in options.items() if value is not None}
    if "models" not in given:
        raise SettingsError(f"models: expected a folder of versions, got none (--models or {PREFIX}MODELS)")
    try:
        return msgspec.convert(given, kind, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting ({PREFIX}… or option) is not usable: {error}") from error


def _meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The text under each setting, which Python itself keeps nowhere but in the source."""
    (settings,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(settings, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in itertools.pairwise(settings.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _path(kind: type, value: object) -> object:
    return kind(value)
