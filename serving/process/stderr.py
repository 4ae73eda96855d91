"""The log of a process: JSON lines on stderr with request id and model version, and never an applicant's value."""

from __future__ import annotations

import logging
import traceback
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
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = places(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def places(error: BaseException) -> str:
    """The traceback of an exception, and its type in place of its message, which may quote an applicant's values."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def log_json() -> None:
    """Send this process's log to stderr as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # granian's embedded server logs a warning at every start that it is experimental.
    logging.getLogger("_granian").setLevel(logging.ERROR)
