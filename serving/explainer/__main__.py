"""`python -m serving.explainer`: exits 0 after a signal, 1 with one message if it cannot serve, 2 for wrong usage."""

from __future__ import annotations

import os
import sys

from serving.explainer.settings import read
from serving.process.port import claim, reachable
from serving.process.settings import SettingsError
from serving.process.stderr import log_json
from training.bundle import BundleError


def main() -> int:
    """Read the settings and serve."""
    try:
        settings = read(sys.argv[1:], os.environ)
        claim(reachable(settings.host), settings.explainer_port, "explainer_port")
        # KServe parses the command line when it is imported and does not know our options.
        sys.argv = [sys.argv[0], "--configure_logging", "false"]
        log_json()
        from serving.explainer.server import run

        run(settings)
    except (SettingsError, BundleError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
