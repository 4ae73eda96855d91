"""For each alert a story that it is for, and one beside it that it is not for; series are written as promtool does."""

from __future__ import annotations

from dataclasses import dataclass

LABELS = 'namespace="credence", release="credence"'
PREDICTOR = f'{LABELS}, component="predictor", pod="predictor-0"'


@dataclass(frozen=True)
class Case:
    """An alert of these labels, at a time, and the figure that its description has."""

    alert: str
    at: str
    series: dict[str, str]
    labels: dict[str, str]
    figure: str
    quiet: tuple[dict[str, str], ...]
    """Series that it stays quiet of, at the same time."""
    interval: str = "1m"

    @property
    def name(self) -> str:
        """Of its tests."""
        return f"{self.alert} {self.labels.get('window', '')}".strip()

    @property
    def told(self) -> str:
        """The labels as promtool tells them."""
        labels = sorted({**self.labels, "alertname": self.alert}.items())
        return "Labels:{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"


def requests(failed: str, answered: str) -> dict[str, str]:
    """Counts of requests for a decision."""
    name = f'credence_requests_total{{{PREDICTOR}, kind="infer"'
    return {f'{name}, status="503"}}': failed, f'{name}, status="200"}}': answered}


def answers(fast: str, all_of_them: str) -> dict[str, str]:
    """Counts of answers, those within 0.1 s and all."""
    name = "credence_inference_seconds"
    return {f'{name}_bucket{{{PREDICTOR}, le="0.1"}}': fast, f"{name}_count{{{PREDICTOR}}}": all_of_them}


def one(name: str, values: str, labels: str = "") -> dict[str, str]:
    """A series of the predictor."""
    return {f"{name}{{{PREDICTOR}{labels and ', '}{labels}}}": values}


def of_monitor(name: str, values: str, labels: str = "") -> dict[str, str]:
    """A series of the monitor."""
    return {f'{name}{{{LABELS}, component="monitor", pod="monitor-0"{labels and ", "}{labels}}}': values}


def versions(predictor: str, explainer: str) -> dict[str, str]:
    """What the two answer with for an hour."""
    pods = {"predictor": predictor, "explainer": explainer}
    return {
        f'credence_model{{{LABELS}, component="{name}", pod="{name}-0", version="{version}"}}': "1x60"
        for name, version in pods.items()
    }


ANSWERED = {"namespace": "credence", "release": "credence"}
POD = ANSWERED | {"component": "predictor", "pod": "predictor-0"}
MONITOR = ANSWERED | {"component": "monitor", "pod": "monitor-0"}
HOUR, DAY = 3600, 86_400

OBJECTIVES = (
    # 2 % of a hundred a minute; then 1 %, which is less than 14.4 times the budget, and 2 % that are over by now
    Case(
        "CredenceErrorBudget",
        "70m",
        requests("0+2x70", "0+98x70"),
        ANSWERED | {"severity": "critical", "window": "1h"},
        "2% of requests",
        (requests("0+1x70", "0+99x70"), requests("0+2x60 120x10", "0+98x70")),
    ),
    Case(
        "CredenceErrorBudget",
        "400m",
        requests("0+1x80", "0+99x80"),
        ANSWERED | {"severity": "critical", "window": "6h"},
        "1% of requests",
        (requests("0+1x80", "0+199x80"), requests("0+1x72 72x8", "0+99x80")),
        interval="5m",
    ),
    Case(
        "CredenceErrorBudget",
        "30h",
        requests("0+2x60", "0+498x60"),
        ANSWERED | {"severity": "warning", "window": "1d"},
        "0.4% of requests",
        (requests("0+1x60", "0+498x60"), requests("0+2x50 100x10", "0+498x60")),
        interval="30m",
    ),
    Case(
        "CredenceLatencyBudget",
        "70m",
        answers("0+80x70", "0+100x70"),
        ANSWERED | {"severity": "critical", "window": "1h"},
        "20% of answers",
        (answers("0+90x70", "0+100x70"),),
    ),
    Case(
        "CredenceLatencyBudget",
        "400m",
        answers("0+90x80", "0+100x80"),
        ANSWERED | {"severity": "critical", "window": "6h"},
        "10% of answers",
        (answers("0+95x80", "0+100x80"),),
        interval="5m",
    ),
    Case(
        "CredenceLatencyBudget",
        "30h",
        answers("0+96x60", "0+100x60"),
        ANSWERED | {"severity": "warning", "window": "1d"},
        "4% of answers",
        (answers("0+98x60", "0+100x60"),),
        interval="30m",
    ),
)

SERVING = (
    Case(
        "CredenceNoVersionLive",
        "10m",
        one("up", "1x10"),
        ANSWERED | {"component": "predictor", "severity": "critical"},
        "For 5 minutes no predictor of credence",
        (one("credence_model", "1x10", 'version="3"'),),
    ),
    Case(
        "CredencePodSilent",
        "10m",
        one("up", "0x10"),
        POD | {"severity": "warning"},
        "/metrics of predictor-0",
        (one("up", "1x10"), one("up", "0x3 1x7")),
    ),
    Case(
        "CredenceVersionsDiffer",
        "30m",
        versions("3", "2"),
        ANSWERED | {"severity": "warning"},
        "2 versions",
        (versions("3", "3"),),
    ),
    Case(
        "CredenceLogNearlyFull",
        "5m",
        one("credence_log_waiting_bytes", "90x5") | one("credence_log_limit_bytes", "100x5"),
        POD | {"severity": "critical"},
        "90% of the log",
        (one("credence_log_waiting_bytes", "70x5") | one("credence_log_limit_bytes", "100x5"),),
    ),
    # by a disk that is full, or by what the monitor refused
    Case(
        "CredenceLogNearlyFull",
        "5m",
        one("credence_log_full", "1x5"),
        POD | {"severity": "critical"},
        "100% of the log",
        (one("credence_log_full", "0x5"),),
    ),
    Case(
        "CredenceHistoryOld",
        "100h",
        one("credence_history_timestamp_seconds", "0x200"),
        ANSWERED | {"severity": "warning"},
        "made 4d 4h 0m 0s ago",
        (one("credence_history_timestamp_seconds", f"{2 * DAY}x200"),),
        interval="30m",
    ),
)

MONITORING = (
    Case(
        "CredenceLogLag",
        "20m",
        one("credence_log_waiting_seconds", "600x20"),
        POD | {"severity": "warning"},
        "is 10m 0s old",
        (one("credence_log_waiting_seconds", "200x20"), one("credence_log_waiting_seconds", "600x5 0x15")),
    ),
    Case(
        "CredenceRecordsMissing",
        "4h",
        of_monitor("credence_records_missing", "0x60 7x180"),
        MONITOR | {"severity": "warning"},
        "7 more applications",
        (of_monitor("credence_records_missing", "0x200 7x40"), of_monitor("credence_records_missing", "0x240")),
    ),
    # a machine was lost two days ago: known, and no news
    Case(
        "CredenceRecordsMissing",
        "50h",
        of_monitor("credence_records_missing", "7x90 9x10"),
        MONITOR | {"severity": "warning"},
        "2 more applications",
        (of_monitor("credence_records_missing", "7x100"),),
        interval="30m",
    ),
    Case(
        "CredenceNotReviewing",
        "60m",
        of_monitor("credence_review_timestamp_seconds", f"{HOUR // 4}x60"),
        ANSWERED | {"severity": "warning"},
        "more than 45m 0s",
        (of_monitor("credence_review_timestamp_seconds", "0+60x60"),),
    ),
    Case(
        "CredenceNotReviewing",
        "60m",
        of_monitor("up", "1x60"),
        ANSWERED | {"severity": "warning"},
        "more than 15m 0s",
        (of_monitor("credence_review_timestamp_seconds", "0+60x60"),),
    ),
    Case(
        "CredenceReviewBlocked",
        "60m",
        of_monitor("credence_review_problem", "1x60"),
        MONITOR | {"severity": "warning"},
        "For 30 minutes",
        (of_monitor("credence_review_problem", "1x20 0x40"),),
    ),
    Case(
        "CredenceVerdict",
        "5m",
        of_monitor("credence_verdict", "1x5", 'version="3", judgement="watch"'),
        MONITOR | {"severity": "info", "version": "3", "judgement": "watch"},
        'version 3 in credence came to the verdict "watch"',
        (
            of_monitor("credence_verdict", "0x5", 'version="3", judgement="watch"'),
            of_monitor("credence_verdict", "1x5", 'version="3", judgement="keep"'),
        ),
    ),
    Case(
        "CredenceRetrainingFailed",
        "5m",
        of_monitor("credence_retrainings", "1x5", 'state="failed"'),
        MONITOR | {"severity": "warning", "state": "failed"},
        "1 verdicts",
        (
            of_monitor("credence_retrainings", "0x5", 'state="failed"'),
            of_monitor("credence_retrainings", "1x5", 'state="running"'),
        ),
    ),
    Case(
        "CredencePromotionWaiting",
        "30h",
        of_monitor("credence_retraining_paused", "1x60"),
        MONITOR | {"severity": "warning"},
        "more than a day",
        (of_monitor("credence_retraining_paused", "1x40 0x20"), of_monitor("credence_retraining_paused", "0x60")),
        interval="30m",
    ),
)

FILES = {"objectives": OBJECTIVES, "serving": SERVING, "monitoring": MONITORING}
"""By the file of rules."""
