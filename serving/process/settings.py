"""The settings of a process, from options or environment variables (`CREDENCE_…`); an option takes precedence."""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

PREFIX = "CREDENCE_"

S = TypeVar("S", bound=msgspec.Struct)

Port = Annotated[int, msgspec.Meta(ge=0, lt=1 << 16)]
Length = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
"""A time in the unit of the setting; the limit excludes infinity, which timers cannot use."""

Token = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]*\Z")]
"""Text that an HTTP header can contain unchanged."""

SECRETS = frozenset({"monitor_token", "smoke_token"})
"""Settings without an option, because all users of the machine can read a process's command line."""


class SettingsError(Exception):
    """A setting cannot be used; the message names the setting, the expected value and the actual value."""


class VersionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of all processes that open a version: which version, and how they read applications."""

    models: Path
    """Folder with a folder for each version (`3/bundle.json`) and the client history (`history-….arrow`); or a bundle
    itself, whose version must then be given."""
    version: str = ""
    """The version to open; by default the highest number in `models`."""
    model_name: str = ""
    """Its name in requests; by default the one in bundle.json."""
    unknown: Literal["warn", "reject"] = "warn"
    """An unknown field, an unseen level or a value outside training's range: a warning, or refused."""
    history_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 7
    """Days after its date that a client history is still used; it is made daily, and a week bridges a broken job."""


class ServerSettings(VersionSettings, frozen=True, kw_only=True):
    """Settings of the processes that listen."""

    host: str = "127.0.0.1"
    """Address to listen on; `::` in a container, which is all addresses of IPv6 and IPv4."""
    allowed_origins: str = ""
    """Origins of the pages whose scripts may ask, such as https://desk.example.com, separated by commas; by default
    none."""
    idle_seconds: Annotated[float, msgspec.Meta(ge=1, le=1e6)] = 75.0
    """Time after which an idle connection is closed: longer than that of load balancers, most of which have 60 s."""


def parser(kind: type[msgspec.Struct], program: str, description: str) -> argparse.ArgumentParser:
    """A parser with an option for each setting of a class, except secrets."""
    options = argparse.ArgumentParser(prog=program, description=description)
    meanings = _meanings(kind)
    for name in (name for name in kind.__struct_fields__ if name not in SECRETS):
        spellings = dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}"))  # KServe writes --http_port
        text = f"{meanings[name]} ({PREFIX}{name.upper()})".replace("%", "%%")
        options.add_argument(*spellings, dest=name, metavar="X", help=text)
    return options


def gather(kind: type[S], options: Mapping[str, object], environment: Mapping[str, str]) -> S:
    """Settings of a class from parsed options that are not None, and from the environment. Raises SettingsError."""
    values: dict[str, object] = {
        name: environment[PREFIX + name.upper()]
        for name in kind.__struct_fields__
        if PREFIX + name.upper() in environment
    }
    values |= {name: value for name, value in options.items() if value is not None}
    if "models" not in values:
        raise SettingsError(f"models: expected a folder of versions, got none (--models or {PREFIX}MODELS)")
    try:
        return msgspec.convert(values, kind, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting ({PREFIX}… or option) is not usable: {error}") from error


def _meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The docstring of each setting, read from the source because Python does not store it."""
    classes = (each for each in kind.__mro__ if issubclass(each, msgspec.Struct) and each is not msgspec.Struct)
    return {
        field.target.id: " ".join(text.value.value.split())
        for each in classes
        for settings in ast.parse(inspect.getsource(each)).body
        if isinstance(settings, ast.ClassDef)
        for field, text in itertools.pairwise(settings.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _path(kind: type, value: object) -> object:
    return kind(value)
