"""What can be set about an explainer: by environment variable (`CREDENCE_…`) or by option, the option first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from serving.predictor import settings
from serving.predictor.settings import Port


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`explainer_port` is the variable CREDENCE_EXPLAINER_PORT and the option `--explainer-port`, and so for each."""

    models: Path
    """Folder with a folder for each version (`3/bundle.json`) and the client history (`history-….arrow`); or a bundle
    itself, whose version must then be given."""
    version: str = ""
    """The version to explain; by default the highest number in `models`."""
    model_name: str = ""
    """The name to answer to; by default the one in bundle.json."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 in a container."""
    explainer_port: Port = 8082
    """Port of both protocols' REST API and of /metrics; KServe's --http_port sets it too."""
    unknown: Literal["warn", "reject"] = "warn"
    """An unknown field, an unseen level or a value outside training's range: explained with a warning, or refused."""
    history_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 7
    """Days after its date that a client history is still used: the predictor's, so that both use the same values."""


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Settings from options and environment.

    Raises SettingsError; wrong usage of an option exits with 2, as argparse does.
    """
    parser = settings.parser(Settings, "python -m serving.explainer", "Explain decisions on loan applications.")
    parser.add_argument("--http_port", "--http-port", dest="explainer_port", metavar="X", help="the same, for KServe")
    for option in ("--predictor_host", "--workers"):
        parser.add_argument(option, metavar="X", help="accepted, because KServe adds it; not used")
    options = vars(parser.parse_args(arguments))
    return settings.gather(Settings, {name: options[name] for name in Settings.__struct_fields__}, environment)
