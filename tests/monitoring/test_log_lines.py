"""The monitor's log can be read as the predictor's."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from monitoring.__main__ import JsonLogFormatter
from serving.process.stderr import JsonLines

APPLICANT = "Jeanne Dupont"


def record(*, failed: bool) -> logging.LogRecord:
    try:
        int(APPLICANT)
    except ValueError:
        error = sys.exc_info() if failed else None
    return logging.LogRecord("credence", logging.WARNING, "file.py", 1, "version %s", ("3",), error)


@pytest.mark.parametrize("failed", [False, True])
def test_both_write_the_same_line(failed: bool) -> None:
    line = record(failed=failed)
    assert JsonLogFormatter().format(line) == JsonLines().format(line)


@pytest.mark.parametrize("formatter", [JsonLogFormatter, JsonLines])
def test_message_of_an_exception_is_not_written(formatter: type[logging.Formatter]) -> None:
    """It may quote an applicant's values."""
    line = formatter().format(record(failed=True))
    assert APPLICANT not in line
    assert json.loads(line)["traceback"].endswith("ValueError")
    assert "in record" in line
