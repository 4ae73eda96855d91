"""`python -m serving.initializer URI FOLDER`: exits 0 if all was fetched, 1 with one message if not, 2 if misused."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from serving.initializer.fetching import bring
from serving.initializer.source import SourceError, StorageSource
from serving.process.stderr import log_json
from training.bundle import BundleError

_URL = "CREDENCE_MLFLOW_URL"


def main() -> int:
    """Fetch the version that KServe requests into the folder that it names."""
    options = argparse.ArgumentParser(prog="python -m serving.initializer", description=__doc__)
    options.add_argument("uri", metavar="URI", help="mlflow://RELEASE.NAMESPACE/MODEL/VERSION")
    options.add_argument("folder", metavar="FOLDER", type=Path, help="folder of versions, made where it is missing")
    arguments = options.parse_args()
    os.umask(0o022)  # the serving container may run as another user
    # A container's first process ignores signals without a handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    log_json()
    try:
        bring(_url(), StorageSource.parse(arguments.uri), arguments.folder)
    except (SourceError, BundleError) as error:
        sys.stderr.write(f"{arguments.uri} cannot be served: {error}\n")
        return 1
    return 0


def _url() -> str:
    url = os.environ.get(_URL, "")
    if not url:
        raise SourceError(f"{_URL}: expected MLflow's address, got none; the ClusterStorageContainer should set it")
    return url


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.exit(code)
