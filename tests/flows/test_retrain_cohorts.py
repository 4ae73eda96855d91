from __future__ import annotations

import pyarrow as pa
import pytest

from flows.errors import FlowError
from flows.runs.retrain import divide, in_order
from monitoring.verdict import Cohort
from training.bundle import Interval

FIGURE = Interval(value=1.0, low=0.9, high=1.1)


def cohort(name: str) -> Cohort:
    version, number = name.split("-")
    return Cohort(
        version=version,
        number=int(number),
        closed_at=0,
        population="accepted",
        labelled=1000,
        explored=0,
        defaults=80,
        log_loss=FIGURE,
        expected_log_loss=1.0,
        auc=FIGURE,
        expected_auc=1.0,
        observed_expected=FIGURE,
        cost=None,
        log_loss_worse=False,
        ranking_worse=False,
        calibration_worse=False,
        calibration=(),
        groups=(),
    )


@pytest.mark.parametrize(
    ("closed", "champion", "learned", "held_out"),
    [
        (["1-2", "1-1"], "1", ["1-1"], "1-2"),
        (["1-3", "1-2", "1-1"], "1", ["1-1", "1-2"], "1-3"),
        (["2-1", "1-2", "1-1"], "2", ["1-1", "1-2"], "2-1"),
        (["1-2", "2-1", "1-1"], "2", ["1-1", "1-2"], "2-1"),
        (["1-9", "1-8", "1-10"], "1", ["1-8", "1-9"], "1-10"),
    ],
)
def test_champions_latest_is_held_out(closed: list[str], champion: str, learned: list[str], held_out: str) -> None:
    """Whichever was closed last: that is when its outcomes came, not when its applications did."""
    found = divide([cohort(name) for name in closed], champion)
    assert (sorted(one.id for one in found[0]), found[1].id) == (learned, held_out)


def test_only_what_is_older_is_learned() -> None:
    """As after a rollback: version 2 answered after the latest cohort of version 1."""
    began = {"2-1": 40, "1-2": 20, "1-10": 30, "1-1": 10}
    tables = {name: pa.table({"at": [at + 5, at]}) for name, at in began.items()}
    assert list(in_order(tables, tables.pop("1-10"))) == ["1-1", "1-2"]


@pytest.mark.parametrize(
    ("closed", "message"),
    [
        ([], "no closed cohort of version 2"),
        (["1-2", "1-1"], "no closed cohort of version 2"),
        (["2-1"], "one closed cohort, 2-1, and it is needed to judge by"),
    ],
)
def test_too_few_cohorts_are_named(closed: list[str], message: str) -> None:
    with pytest.raises(FlowError, match=message):
        divide([cohort(name) for name in closed], "2")
