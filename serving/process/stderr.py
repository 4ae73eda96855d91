"""The log of a process: JSON lines on stderr with request id and model version, and never an applicant's value."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec

_DETAILS = ("request", "version", "status", "method", "traceback")


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; line ends inside are escaped."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _DETAILS if getattr(record, name, None) is not None}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def log_json() -> None:
    """Send this process's log to stderr as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # granian's embedded server logs a warning at every start that it is experimental.
    logging.getLogger("_granian").setLevel(logging.ERROR)
