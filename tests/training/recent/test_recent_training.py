"""Training on raw tables and live applications."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.recent_lender import BASE, UNRECORDED, asked, with_column
from training.bundle import Bundle
from training.features.fields import MOST_LEVELS, FieldError
from training.rows.prepare import prepare
from training.rows.recent import Recent
from training.runs.train import TrainingRun


def prepared(lender, recent: Recent):
    return prepare(lender.tables, (), 0.2, 0.8, 0, lambda _: None, recent)


def test_manifest_says_what_was_learned(retrained: TrainingRun) -> None:
    manifest = retrained.manifest
    assert (manifest.cohorts, manifest.population, manifest.parent) == (("1-1", "1-2"), "accepted and explored", None)
    assert len(manifest.recent_fingerprint or "") == 64


def test_everybody_held_out_is_compared(retrained: TrainingRun, lender) -> None:
    reference = Bundle.open(retrained.directory).reference()
    table = lender.recent.held_out[1]
    assert len(reference) == len(table)
    assert reference["outcome"].null_count == reference["weight"].null_count == table["outcome"].null_count > 0


def test_bundle_replays(retrained: TrainingRun) -> None:
    Bundle.open(retrained.directory).check_replay()


def test_nobody_held_out_was_learned_from(retrained: TrainingRun, lender) -> None:
    assert not Bundle.open(retrained.directory).learned_from(asked(lender.recent.held_out[1])).any()


def test_all_else_was_learned_from(retrained: TrainingRun, lender) -> None:
    table = lender.recent.learned["1-1"]
    known = asked(table.filter(table["outcome"].is_valid()))
    assert Bundle.open(retrained.directory).learned_from([*known, *lender.tables.train["SK_ID_CURR"]]).all()


def test_unrecorded_history_is_not_used(retrained: TrainingRun) -> None:
    assert UNRECORDED not in retrained.manifest.history


def test_history_an_older_cohort_lacks_is_missing(lender) -> None:
    name = UNRECORDED
    older = {"1-1": lender.recent.learned["1-1"].drop_columns(name), "1-2": lender.recent.learned["1-2"]}
    found = prepared(lender, replace(lender.recent, learned=older))
    column = found.learned.rows.history[:, found.history.index(name)]
    cohorts = {cohort.id: set(cohort.clients) for cohort in found.recent.learned}
    missing = {
        cohort: np.isnan(column[[client in clients for client in found.learned.clients]]).mean()
        for cohort, clients in cohorts.items()
    }
    assert missing["1-1"] == 1 > missing["1-2"]


def test_clients_on_both_sides_are_left_out(lender) -> None:
    cohort, table = lender.recent.held_out
    known = lender.tables.train["SK_ID_CURR"][:100].to_list()
    again = with_column(table, "client", pa.array([*known, *table["client"].to_pylist()[100:]], pa.int64()))
    found = prepared(lender, replace(lender.recent, held_out=(cohort, again)))
    assert not set(known) & set(found.learned.clients.tolist())
    assert found.left_out == 100


def test_explored_rows_stand_for_others(lender) -> None:
    found = prepared(lender, lender.recent)
    assert len(np.unique(found.held_out.weight)) == 2
    assert np.isnan(found.applicants.weight).any()


def test_recent_rows_alone_decide(lender) -> None:
    table = pa.concat_tables([*lender.recent.learned.values()] * 2)
    table = with_column(table, "client", pa.nulls(len(table), pa.int64()))
    table = with_column(table, "id", pa.array([f"c-{i}" for i in range(len(table))]))
    found = prepared(lender, replace(lender.recent, learned={"1-1": table}))
    recent = np.array([isinstance(client, str) for client in found.learned.clients.tolist()])
    assert np.array_equal(found.learned.deciding, recent)
    assert recent.sum() < len(recent) == recent.sum() + BASE


def test_too_many_levels_are_refused(lender) -> None:
    name, table = "ORGANIZATION_TYPE", lender.recent.learned["1-2"]
    odd = pa.array([f"odd {i % (MOST_LEVELS + 1)}" for i in range(len(table))])
    learned = {**lender.recent.learned, "1-2": with_column(table, name, odd)}
    with pytest.raises(FieldError, match=name):
        prepared(lender, replace(lender.recent, learned=learned))


def test_card_names_cohorts_and_population(retrained: TrainingRun) -> None:
    card = (retrained.directory / "card.md").read_text()
    assert "| 1-1 | 1,000 |" in card
    assert "| hold-out |" in card
    assert "No reject inference was attempted" in card
    assert "Drift from training to cohort 1-3" in card
