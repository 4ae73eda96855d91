"""The results of the demo's steps, and the platform on which it runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flows.demo.retraining import FollowedRetraining
from flows.demo.windows import AnsweredWindow
from flows.errors import FlowError
from flows.machine.platform import Platform
from flows.settings import PlatformSettings
from flows.steps import Say
from training.registry.trail import Change

APPLICATIONS = 6_000
"""Applications in a window of the changed world: about 400 defaults become known, twice as many as the gate needs."""
ORDINARY = 2_000
"""Applications in the window before the change: twice as many as a verdict needs."""
EXPLORED = 0.5
"""Share of the refused that is accepted at random to learn from it. A real lender takes less, and waits longer."""
TRIALS = 2
"""Sets of parameters per family: enough to show a search, and few enough for some minutes."""
_WATCH_SECONDS = 3.0


@dataclass
class Story:
    """The results of the steps; those of steps that were not reached are empty."""

    scenario: str | None
    """None for the user's own tables, whose world does not change."""
    trained: dict[str, Any] = field(default_factory=dict)
    first: Change | None = None
    windows: dict[str, AnsweredWindow] = field(default_factory=dict)
    explained: Mapping[str, Any] = field(default_factory=dict)
    verdicts: list[Mapping[str, Any]] = field(default_factory=list)
    retraining: FollowedRetraining | None = None
    change: Change | None = None
    """The attempt to promote the version that the retraining made, with the gate's answer."""
    approved: Change | None = None
    """The second attempt, after a person's approval."""
    rollbacks: list[Change] = field(default_factory=list)
    caller: Mapping[str, Any] = field(default_factory=dict)
    """The counts of the caller, which asked from the verdict to the end."""
    pages: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """Duration of each step."""


@dataclass
class Stage:
    """The story's platform, and the output for its lines."""

    platform: Platform
    story: Story
    say: Say

    @property
    def settings(self) -> PlatformSettings:
        """The platform's settings."""
        return self.platform.settings

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """Print a step's title, and measure the time of the block."""
        began = time.monotonic()
        self.say(f"\n{len(self.story.seconds) + 1}. {title}")
        yield
        self.story.seconds[name] = round(time.monotonic() - began, 1)

    def tell(self, lines: list[str]) -> None:
        """Print lines about the results."""
        for line in lines:
            self.say(line)


def settings_of(settings: PlatformSettings) -> PlatformSettings:
    """The demo's settings: a separate state folder, and no approval by a person."""
    home = str(settings.folder / "demo")
    return msgspec.structs.replace(settings, home=home, approval="automatic", watch_seconds=_WATCH_SECONDS)


def platform_of(settings: PlatformSettings) -> Platform:
    """The demo's platform. Its monitor judges only on request, because here a year passes in minutes."""
    return Platform(
        settings, {"CREDENCE_MONITOR_WINDOW_ROWS": str(APPLICATIONS), "CREDENCE_MONITOR_REVIEW_SECONDS": "86400"}
    )


def clear(platform: Platform) -> None:
    """Delete the demo's state folder. Raises FlowError if another demo runs there."""
    folder = platform.settings.folder
    if running := platform.running():
        raise FlowError(
            f"a demo is up in {folder} ({', '.join(running)}): CREDENCE_HOME={folder} credence down ends it"
        )
    shutil.rmtree(folder, ignore_errors=True)


def pages(settings: PlatformSettings) -> dict[str, str]:
    """The pages that a person can look at while the platform is up."""
    return {
        "windows, verdicts and what was done": f"{settings.monitor_url}/review",
        "runs and their figures": settings.orchestrator_url,
        "versions, reports and the audit trail": settings.registry_url,
        "the predictor's API": f"{settings.predictor_url}/docs",
    }
