"""Which columns and windows the heat map shows, and what a cell says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitoring.judging.rule import Limits
from monitoring.pages.heat import MOST_WINDOWS, heat, level, telling
from monitoring.pages.source import Facts
from monitoring.verdict import Window


@pytest.mark.parametrize(("psi", "expected"), [(0, 0), (0.049, 0), (0.05, 1), (0.1, 2), (0.249, 2), (0.25, 3), (9, 3)])
def test_colours_follow_psi(psi: float, expected: int) -> None:
    assert level(psi, Limits()) == expected


def test_drift_comes_before_weight(make_window: Callable[..., Window]) -> None:
    calm, far = make_window(columns=40, psi=0), make_window(columns=40, psi=0.004)
    assert telling([far])[:2] == [far.columns[-1].name, far.columns[-2].name]
    assert telling([calm])[0] == calm.columns[0].name
    assert far.columns[0].name in telling([far])


def test_a_row_begins_where_the_column_does(make_window: Callable[..., Window]) -> None:
    made = heat([make_window("2", 1, columns=1), make_window("3", 1, columns=2)], Limits())
    by_name = {row.name: row for row in made.rows}
    assert [cell is None for cell in by_name[make_window(columns=2).columns[1].name].cells] == [True, False]
    assert made.versions == (("2", 1), ("3", 1))
    assert made.rows[0].name == "score"


def test_a_cell_says_its_figures(make_window: Callable[..., Window]) -> None:
    cell = heat([make_window(columns=1, psi=0.12)], Limits()).rows[1].cells[0]
    assert cell is not None
    assert (cell.level, cell.drifted) == (2, True)
    assert cell.title.endswith("PSI 0.120, chance stays below 0.034: drifted\nweight 50.0%")


def test_old_windows_are_counted(make_facts: Callable[..., Facts]) -> None:
    made = heat(make_facts(MOST_WINDOWS + 3).windows, Limits())
    assert (len(made.windows), made.earlier) == (MOST_WINDOWS, 3)
