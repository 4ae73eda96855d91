"""The monitor's log can be read as the predictor's."""

from __future__ import annotations

import logging
import sys

import pytest

from monitoring.__main__ import JsonLogFormatter
from serving.predictor.stderr import JsonLines


def record(*, failed: bool) -> logging.LogRecord:
    try:
        int("a")
    except ValueError:
        error = sys.exc_info() if failed else None
    return logging.LogRecord("credence", logging.WARNING, "file.py", 1, "version %s", ("3",), error)


@pytest.mark.parametrize("failed", [False, True])
def test_both_write_the_same_line(failed: bool) -> None:
    line = record(failed=failed)
    assert JsonLogFormatter().format(line) == JsonLines().format(line)
