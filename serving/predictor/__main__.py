"""`python -m serving.predictor`: exits 0 after a signal, 1 with one message if it cannot serve, 2 for wrong usage."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from serving.predictor.server import run
from serving.predictor.settings import read
from serving.process.settings import SettingsError
from serving.process.stderr import log_json
from training.bundle import BundleError


def main() -> int:
    """Read the settings and serve."""
    log_json()
    try:
        return asyncio.run(run(read(sys.argv[1:], os.environ)))
    except (SettingsError, BundleError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    # Not sys.exit: the server's threads may still use the interpreter while it shuts down, and then they abort.
    os._exit(code)
