"""A review whose process ends, as if killed, in the middle of a step: `killed.py URL MODELS PREFECT STEP`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from monitoring.__main__ import compose
from monitoring.retraining.prefect import Prefect
from monitoring.retraining.starter import Deliverer
from monitoring.settings import MonitorSettings
from monitoring.store.database import Database
from monitoring.store.records import Store
from monitoring.store.verdicts import Judgements
from monitoring.store.windows import Archive

STEPS: dict[str, tuple[type, str]] = {
    "before the window is kept": (Archive, "add_window"),
    "before the cohort is kept": (Archive, "add_cohort"),
    "before the verdict is kept": (Judgements, "add"),
    "before Prefect is asked": (Prefect, "start"),
    "after Prefect was asked": (Deliverer, "_started"),
}


def die(*_: Any) -> None:
    os._exit(9)


if __name__ == "__main__":
    url, models, prefect, step = sys.argv[1:]
    setattr(*STEPS[step], die)
    settings = MonitorSettings(
        monitor_models=models, prefect_url=prefect, monitor_window_rows=1000, home=str(Path(models).parent)
    )
    compose(Store(Database(url), 30), settings).state.reviewer.look()
