"""The settings of a predictor, from options or environment variables (`CREDENCE_…`); an option takes precedence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from serving.log.segment import SEGMENT_BYTES
from serving.process.settings import SECRETS, Length, Port, ServerSettings, Token, gather, parser


class PredictorSettings(ServerSettings, frozen=True, kw_only=True):
    """Each setting has a variable and an option: `http_port` is CREDENCE_HTTP_PORT and `--http-port`."""

    http_port: Port = 8080
    """Port of the protocol's REST API, /metrics and /docs."""
    admin_port: Port = 8079
    """Port for loading, unloading and forgetting, always on 127.0.0.1: who may score may not unload. 0 turns it off."""
    log_directory: Path = Path(".credence/log")
    """Where answered applications are kept until the monitor has them."""
    log_bytes: Annotated[int, msgspec.Meta(ge=2 * SEGMENT_BYTES)] = 1 << 30
    """Largest size of the log; a full one refuses applications, because none is answered unrecorded."""
    retention_days: Length = 30.0
    """Days that an unshipped record is kept."""
    monitor_url: str = ""
    """Where records are shipped to; without it they stay in the log."""
    monitor_token: Token = ""
    """The token that the monitor requires from senders; empty if it requires none. By variable only."""
    smoke_token: Token = ""
    """A request whose header Credence-Smoke says this is answered and not recorded; empty allows none. By variable
    only."""
    body_bytes: Annotated[int, msgspec.Meta(gt=0)] = 8 << 20
    """Largest request body."""
    body_seconds: Length = 10.0
    """Time that a request's body may take to arrive; its head has the time of an idle connection."""
    drain_seconds: Length = 3.0
    """Seconds between SIGTERM and closing, in which answers say `Connection: close` and the port is taken elsewhere."""
    ship_seconds: Length = 10.0
    """Seconds after closing to ship what is left of the log."""
    access_log: bool = False
    """Log answered requests too; refused ones always are."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in SECRETS)
        return f"PredictorSettings({', '.join(shown)})"


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> PredictorSettings:
    """Settings from options and environment.

    Raises SettingsError; wrong usage of an option exits with code 2 through argparse.
    """
    options = parser(PredictorSettings, "python -m serving.predictor", "Answer loan applications.")
    return gather(PredictorSettings, vars(options.parse_args(arguments)), environment)
