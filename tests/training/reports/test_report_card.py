from __future__ import annotations

from dataclasses import replace

import pytest

from training.reports import card as module
from training.reports.document import Bullets, Section
from training.reports.table import ReportTable


def text(section: Section) -> str:
    return section.markdown()


def test_sections_stand_in_order(results):
    titles = [section.title for section in module.card(replace(results, trials=(), fields=())).sections]
    assert titles == [
        "Purpose",
        "Alarms",
        "Why this model",
        "Why this threshold",
        "Why this imbalance treatment",
        "Performance",
        "Protected groups",
        "What moves a decision",
        "Data",
        "Drift from training to test applications",
        "Limits",
        "How to use",
    ]


def test_purpose_states_the_rule(results):
    told = text(module._purpose(results))
    assert f"`refuse` if and only if that probability is {results.policy.threshold:.6g} or more" in told


@pytest.mark.parametrize(("alarms", "told"), [((), "None."), (("Too good.",), "A person has to approve")])
def test_alarms_need_a_person(results, alarms, told: str):
    assert told in text(module._alarms(replace(results, alarms=alarms)))


@pytest.mark.parametrize(
    ("allowed", "told"),
    [((), "None of them is an input of the model"), (("CODE_GENDER",), "This run admitted CODE_GENDER as input")],
)
def test_allowed_fields_are_named(results, allowed, told: str):
    assert told in text(module._groups(replace(results, allowed=allowed)))


@pytest.mark.parametrize(("ratio", "told"), [(0.79, "CODE_GENDER M: approved 0.79 times"), (0.81, "Every group is")])
def test_four_fifths_are_watched(results, ratio: float, told: str):
    best, other = results.groups["CODE_GENDER"]
    groups = {"CODE_GENDER": (best, replace(other, approval_ratio=ratio))}
    assert told in text(module._groups(replace(results, groups=groups)))


def test_group_of_one_class_is_told(results):
    first, other = results.groups["CODE_GENDER"]
    metrics = {name: figure for name, figure in first.metrics.items() if name not in ("auc", "pr_auc", "ks", "f1")}
    groups = {"CODE_GENDER": (replace(first, defaults=0, metrics=metrics), other)}
    assert "one class" in text(module._groups(replace(results, groups=groups)))


def test_absent_tables_are_a_limit(results):
    assert "Trained without installments_payments" in text(module._limits(results))
    assert "Trained without" not in text(module._limits(replace(results, data=replace(results.data, absent=()))))


def test_metrics_have_intervals(results):
    auc = results.metrics["auc"]
    assert f"| AUC | {auc.value:.4f} [{auc.low:.4f}, {auc.high:.4f}] |" in text(module._performance(results))


def test_table_renders_itself():
    table = ReportTable(("group", "rows"), (("Single | other", "3"), ("F", "4")), highlighted=1)
    assert table.markdown().splitlines() == [
        "| group | rows |",
        "| --- | ---: |",
        "| Single \\| other | 3 |",
        "| **F** | **4** |",
    ]


def test_section_renders_itself():
    section = Section("Known limits", ("Text of a <field>.", Bullets(("one", "two"))))
    assert section.markdown() == "## Known limits\n\nText of a &lt;field>.\n\n- one\n- two"
    assert section.anchor == "known-limits"
