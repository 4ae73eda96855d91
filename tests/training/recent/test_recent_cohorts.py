"""What a cohort's table has to hold, and what of it is used."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest

from tests.recent_lender import with_column
from training.errors import TrainingError
from training.products.home_credit import PRODUCT
from training.rows.recent import Recent, TrainingCohort, Usable, fingerprint


@pytest.fixture
def recent(lender) -> Recent:
    return lender.recent


def spoilt(recent: Recent, spoil: Callable[[pa.Table], pa.Table]) -> Recent:
    return replace(recent, learned={**recent.learned, "1-2": spoil(recent.learned["1-2"])})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop_columns("AMT_CREDIT"), "cohort 1-2, column AMT_CREDIT: expected numbers, got no such column"),
        (lambda t: t.drop_columns("weight"), "cohort 1-2, column weight: expected numbers, got no such column"),
        (
            lambda t: with_column(t, "AMT_CREDIT", pa.array(["much"] * len(t))),
            "cohort 1-2, column AMT_CREDIT: expected numbers, got string",
        ),
        (
            lambda t: with_column(t, "outcome", pa.array(np.zeros(len(t)))),
            "cohort 1-2, column outcome: expected booleans, got double",
        ),
        (
            lambda t: with_column(t, "weight", pa.nulls(len(t), pa.float64())),
            "cohort 1-2, column weight: expected a number above 0 beside each outcome, got nan for record a-",
        ),
    ],
)
def test_misfits_are_named(recent: Recent, spoil, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        Usable.of(spoilt(recent, spoil), PRODUCT.kinds)


def test_one_cohort_is_not_enough(recent: Recent) -> None:
    with pytest.raises(TrainingError, match=r"needs two closed cohorts.*got 1-3 alone"):
        Usable.of(replace(recent, learned={}), PRODUCT.kinds)


def test_few_outcomes_judge_nothing(recent: Recent) -> None:
    _, table = recent.held_out
    few = with_column(table, "outcome", pa.array([True, False] + [None] * (len(table) - 2)))
    few = with_column(few, "weight", pa.array([1.0, 1.0] + [None] * (len(table) - 2)))
    with pytest.raises(TrainingError, match="cohort 1-3 has 1 defaults among 2 clients, expected at least 50"):
        Usable.of(replace(recent, held_out=("1-3", few)), PRODUCT.kinds)


def test_unknown_outcomes_teach_nothing(recent: Recent) -> None:
    usable = Usable.of(recent, PRODUCT.kinds)
    known = [pa.compute.sum(table["outcome"].is_valid()).as_py() for table in recent.learned.values()]
    assert [len(cohort.clients) for cohort in usable.learned] == known
    assert known[0] < len(recent.learned["1-1"])


def test_held_out_clients_teach_nothing(recent: Recent) -> None:
    again = replace(recent, learned={**recent.learned, "1-0": recent.held_out[1]})
    assert sum(len(cohort.clients) for cohort in Usable.of(again, PRODUCT.kinds).learned if cohort.id == "1-0") == 0


def test_newest_application_counts(recent: Recent) -> None:
    newer = recent.learned["1-2"]
    usable = Usable.of(replace(recent, learned={"1-1": newer, "1-2": newer}), PRODUCT.kinds)
    assert [len(cohort.clients) > 0 for cohort in usable.learned] == [False, True]


def test_order_of_answers_does_not_matter(recent: Recent) -> None:
    once = with_column(recent.learned["1-2"], "client", pa.array(range(len(recent.learned["1-2"]))))
    found = [
        Usable.of(replace(recent, learned={"1-2": table}), PRODUCT.kinds).learned[0].table
        for table in (once, once.take(np.random.default_rng(0).permutation(len(once))))
    ]
    assert found[0].equals(found[1])


def test_records_stand_for_new_clients(recent: Recent) -> None:
    clients = Usable.of(recent, PRODUCT.kinds).learned[0].clients.tolist()
    nameless = [client for client in clients if isinstance(client, str)]
    assert 0 < len(nameless) < len(clients)
    assert all(client.startswith("a-") for client in nameless)


def test_population_is_named(recent: Recent) -> None:
    assert Usable.of(recent, PRODUCT.kinds).held_out.population == "accepted and explored"


def test_accepted_alone_are_named(recent: Recent) -> None:
    cohort, table = recent.held_out
    accepted = table.filter(pa.compute.less(table["probability"], table["threshold"]))
    assert TrainingCohort.of(cohort, accepted, PRODUCT.kinds).population == "accepted"


def test_newest_world_decides(recent: Recent) -> None:
    tripled = pa.concat_tables([recent.learned["1-2"]] * 5)
    nameless = with_column(tripled, "client", pa.nulls(len(tripled), pa.int64()))
    nameless = with_column(nameless, "id", pa.array([f"b-{i}" for i in range(len(tripled))]))
    usable = Usable.of(replace(recent, learned={**recent.learned, "1-2": nameless}), PRODUCT.kinds)
    assert [cohort.id for cohort in usable.deciding] == ["1-2"]


def test_few_recent_defaults_all_decide(recent: Recent) -> None:
    assert [cohort.id for cohort in Usable.of(recent, PRODUCT.kinds).deciding] == ["1-1", "1-2"]


def test_fingerprint_knows_outcomes_not_order(recent: Recent) -> None:
    found = fingerprint(Usable.of(recent, PRODUCT.kinds).learned)
    table = recent.learned["1-2"]
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(len(table))))
    flipped = with_column(table, "outcome", pa.compute.invert(table["outcome"]))
    assert fingerprint(Usable.of(spoilt(recent, lambda _: shuffled), PRODUCT.kinds).learned) == found
    assert fingerprint(Usable.of(spoilt(recent, lambda _: flipped), PRODUCT.kinds).learned) != found
