"""Fixtures that several packages' tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from training.bundle import (
    MODEL,
    Calibration,
    Contents,
    Field,
    Interval,
    Manifest,
    Policy,
    Rows,
    write,
)
from training.bundle.bundle import hash_clients, start
from training.bundle.history import write_history
from training.bundle.manifest import FORMAT
from training.candidates import Examples, Fitted
from training.candidates.lightgbm import LightGBM
from training.features.graph import feature_graph, features_from
from training.features.reasons import REASONS
from training.runs.assemble import assemble

TOY_FIELDS = (
    Field(
        name="AMT_INCOME_TOTAL",
        datatype="FP64",
        description="What the applicant earns.",
        unit="currency",
        minimum=10_000,
        maximum=500_000,
        required=True,
    ),
    Field(name="AMT_CREDIT", datatype="FP64", description="Amount of the loan.", minimum=5_000, maximum=1_000_000),
    Field(name="CNT_CHILDREN", datatype="INT64", description="Number of children.", minimum=0, maximum=5),
    Field(
        name="DAYS_EMPLOYED",
        datatype="INT64",
        description="Days since the job began.",
        unit="days",
        anomalies=(365243,),
        minimum=-10_000,
        maximum=0,
    ),
    Field(name="EXT_SOURCE_1", datatype="FP64", description="An external score.", minimum=0, maximum=1),
    Field(name="EXT_SOURCE_2", datatype="FP64", description="An external score.", minimum=0, maximum=1),
    Field(name="EXT_SOURCE_3", datatype="FP64", description="An external score.", minimum=0, maximum=1),
    Field(
        name="NAME_INCOME_TYPE",
        datatype="BYTES",
        description="Kind of income.",
        levels=("Working", "Pensioner", "Étudiant"),
    ),
    Field(
        name="CODE_GENDER",
        datatype="BYTES",
        description="Gender.",
        levels=("F", "M"),
        anomalies=("XNA",),
        protected=True,
    ),
)
TOY_HISTORY = (("bureau_debt_sum", "bureau_debt"), ("bureau_count", "bureau_history"))
TOY_POLICY = Policy(cost_fn=10, cost_fp=1, threshold=0.12, threshold_low=0.1, threshold_high=0.15)


def toy_rows(count: int, seed: int = 0) -> Rows:
    """Applications of a made-up lender, with missing values, anomalies and unseen levels among them."""
    random = np.random.default_rng(seed)
    numeric = np.column_stack(
        [
            random.uniform(10_000, 500_000, count),
            random.uniform(5_000, 1_000_000, count),
            random.integers(0, 6, count),
            np.where(random.random(count) < 0.2, 365243, random.integers(-10_000, 1, count)),
            random.random((count, 3)),
        ]
    ).astype(np.float32)
    holes = random.random(numeric.shape) < 0.1
    holes[:, 0] = False
    numeric[holes] = np.nan
    kinds = random.choice(["Working", "Pensioner", "Étudiant", "", "Astronaut"], count)
    genders = random.choice(["F", "M", "XNA"], count)
    categorical = np.column_stack([kinds, genders]).astype(object)
    history = random.uniform(0, 100, (count, len(TOY_HISTORY))).astype(np.float32)
    history[random.random(count) < 0.3] = np.nan
    return Rows(numeric, categorical, history)


def write_toy_bundle(directory: Path, seed: int = 0) -> Fitted:
    """A small real bundle: LightGBM on made-up applications; another seed is another model of the same fields."""
    names = tuple(name for name, _ in TOY_HISTORY)
    features = features_from(TOY_FIELDS, TOY_HISTORY, ())
    rows = toy_rows(1200, seed)
    (matrix,) = start(feature_graph(TOY_FIELDS, names, features)).run(None, rows.tensors())
    score = np.nan_to_num(rows.numeric[:, 4:7], nan=0.5).mean(axis=1)
    outcome = np.random.default_rng(seed).random(len(rows)) < 0.35 * (1 - score)
    parameters = {"trees": 20, "num_leaves": 7, "learning_rate": 0.1}
    fitted = LightGBM().fit(Examples.plain(features, matrix[:1000], outcome[:1000]), parameters, seed)
    calibration = Calibration(slope=1.0, intercept=-0.1)
    graph = assemble(TOY_FIELDS, names, features, fitted, calibration)
    manifest = Manifest(
        format=FORMAT,
        model=MODEL,
        family="lightgbm",
        fields=TOY_FIELDS,
        history=names,
        features=features,
        reasons=REASONS,
        policy=TOY_POLICY,
        calibration=calibration,
        metrics={"auc": Interval(value=0.7, low=0.6, high=0.8)},
        allowed=(),
        alarms=(),
        fingerprint="0" * 64,
        seed=seed,
        libraries={},
    )
    held_out = rows.take(slice(1000, None))
    (probability,) = start(graph).run(["probability"], held_out.tensors())
    directory.mkdir(parents=True, exist_ok=True)
    write(
        Contents(
            manifest=manifest,
            graph=graph,
            text=fitted.text(),
            held_out=held_out,
            probability=probability,
            outcome=pa.array(outcome[1000:]),
            weight=pa.array(np.ones(200)),
            background=rows.take(slice(0, 1000)),
            training_ids=hash_clients(range(1000)),
        ),
        directory,
    )
    return fitted


@pytest.fixture(scope="session")
def toy_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle, read-only."""
    directory = tmp_path_factory.mktemp("bundle")
    write_toy_bundle(directory)
    return directory


@pytest.fixture
def toy_repository(tmp_path: Path) -> Path:
    """A model repository with versions 1 and 2 and the history of clients 100001, 100003, … 100199."""
    for version in (1, 2):
        write_toy_bundle(tmp_path / str(version), seed=version)
    clients = np.arange(100_001, 100_200, 2)
    values = np.random.default_rng(0).uniform(0, 100, (len(clients), len(TOY_HISTORY))).astype(np.float32)
    write_history(tmp_path, clients, values, tuple(name for name, _ in TOY_HISTORY), datetime.now(UTC).date())
    return tmp_path


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of real rows, if this machine has it."""
    folder = os.environ.get("CREDENCE_TEST_DATA")
    if not folder:
        pytest.skip("CREDENCE_TEST_DATA does not name a folder with real tables")
    return Path(folder)


# Not for the session: its event loop runs as long as it does, and no test beside it could run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which `make setup` installs where it can."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine: install it, or let `make setup` do so as root on Debian")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if it asks another site for anything or its script fails."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    opened = context.new_page()
    troubles: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "file:", "data:")):
            troubles.append(f"asked for {request.url}")

    opened.on("request", look)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    yield opened
    context.close()
    assert troubles == []


def overflow(page: Page, width: int) -> int:
    """Pixels by which a page is wider than a window of that width."""
    page.set_viewport_size({"width": width, "height": 900})
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
