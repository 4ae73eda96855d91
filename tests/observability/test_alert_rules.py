from __future__ import annotations

import re
import subprocess
from itertools import product

import pytest
import yaml

from tests.observability.cases import FILES
from tests.observability.shipped import ROOT, RULES, alerts, rules

NAMES = sorted({alert["alert"] for alert in alerts()})
LOUD = {
    f"{file} {case.interval} {place}": (case, case.series)
    for file, cases in FILES.items()
    for place, case in enumerate(cases)
}
QUIET = {
    f"{name} but {place}": (case, series) for name, (case, _) in LOUD.items() for place, series in enumerate(case.quiet)
}
STORIES = LOUD | QUIET
each_alert = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])


def unit_test(name, case, series):
    """One of promtool's, that expects no alert: its failure tells those that fire."""
    return {
        "name": name,
        "interval": case.interval,
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [{"alertname": case.alert, "eval_time": case.at, "exp_alerts": []}],
    }


@pytest.fixture(scope="module")
def firing(promtool, tmp_path_factory):
    """Promtool's report on the alerts that fire in a story, by its name."""
    folder, reports = tmp_path_factory.mktemp("rules"), {}
    for file, interval in product(RULES, ("1m", "5m", "30m")):
        stories = {name: story for name, story in STORIES.items() if name.startswith(f"{file.stem} {interval} ")}
        content = {"rule_files": [str(file)], "evaluation_interval": interval}
        content["tests"] = [unit_test(name, *story) for name, story in stories.items()]
        path = folder / f"{file.stem}-{interval}.yaml"
        path.write_text(yaml.safe_dump(content))
        done = subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True)
        for part in done.stderr.replace('\\"', '"').split(" name: ")[1:]:
            name, _, report = part.partition(",")
            reports[name] = report
    return reports


def test_rules_are_valid(promtool):
    done = subprocess.run([promtool, "check", "rules", "--lint-fatal", *RULES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", LOUD)
def test_alert_fires(firing, name):
    case, _ = LOUD[name]
    assert case.told in firing[name]
    assert case.figure in firing[name]
    assert "error expanding" not in firing[name]


@pytest.mark.parametrize("name", QUIET)
def test_alert_stays_quiet(firing, name):
    case, _ = QUIET[name]
    assert case.told not in firing.get(name, "")


def test_each_alert_has_a_story():
    told = {(case.alert, case.labels.get("window")) for case, _ in LOUD.values()}
    assert told == {(alert["alert"], alert["labels"].get("window")) for alert in alerts()}


@each_alert
def test_alert_says_what_is_wrong(alert):
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}


@each_alert
def test_runbook_is_in_the_alerts_page(alert):
    page, _, anchor = alert["annotations"]["runbook_url"].rpartition("/blob/main/")[2].partition("#")
    assert anchor == alert["alert"].lower()
    assert f'<a id="{anchor}"></a>{alert["alert"]}' in (ROOT / page).read_text()


def test_alerts_page_names_no_other():
    assert sorted(re.findall(r"</a>(Credence\w+)", (ROOT / "docs" / "alerts.md").read_text())) == NAMES


def test_every_rule_is_of_the_release():
    for rule in rules():
        metrics = re.findall(r"credence_\w+|\bup\b", re.sub(r"\{[^}]*\}|\bby \([^)]*\)", "", rule["expr"]))
        scoped = rule["expr"].count('{namespace="credence", release="credence"')
        assert len(metrics) == scoped, rule
