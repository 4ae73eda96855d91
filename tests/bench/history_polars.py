"""Ours: `python tests/bench/history_polars.py DIR` prints seconds and peak memory as JSON, beside `history_pandas`."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import polars as pl

from training.features.histories import aggregate
from training.products.home_credit import PRODUCT


def main(folder: Path) -> None:
    start = time.perf_counter()
    applications = sorted(folder.glob("application_*.parquet"))
    clients = pl.concat([pl.read_parquet(path, columns=["SK_ID_CURR"]) for path in applications])["SK_ID_CURR"]
    names = {feature.table for feature in PRODUCT.history_features}
    paths = {name: folder / f"{name}.parquet" for name in names}
    features = aggregate(
        PRODUCT, {name: pl.scan_parquet(path) for name, path in paths.items() if path.exists()}, clients
    )
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"clients": len(features), "features": features.width - 1, "seconds": round(seconds, 2)}
    used = {"cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2), "peak_mb": usage.ru_maxrss // 1024}
    print(json.dumps({"library": "polars", **figures, **used}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
