"""What the demo found, step by step, and where it takes place."""

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
"""In a window of the changed world: some 400 defaults become known of it, twice what the gate needs."""
ORDINARY = 2_000
"""In the one before: twice what a verdict needs."""
EXPLORED = 0.5
"""Share of the refused that is accepted at random to learn from it. A lender takes less, and waits for longer."""
TRIALS = 2
"""Sets of parameters a family: enough to see a search, few enough for some minutes."""
_WATCH_SECONDS = 3.0


@dataclass
class Story:
    """What was found; what was not come to is empty."""

    scenario: str | None
    """None on tables of somebody's own, whose world does not change."""
    trained: dict[str, Any] = field(default_factory=dict)
    first: Change | None = None
    windows: dict[str, AnsweredWindow] = field(default_factory=dict)
    explained: Mapping[str, Any] = field(default_factory=dict)
    verdicts: list[Mapping[str, Any]] = field(default_factory=list)
    retraining: FollowedRetraining | None = None
    change: Change | None = None
    """What the gate said of the version that the retraining made, and what became of it."""
    approved: Change | None = None
    """The same, after a person decided."""
    rollbacks: list[Change] = field(default_factory=list)
    caller: Mapping[str, Any] = field(default_factory=dict)
    """What was counted by somebody who kept asking from the verdict to the end."""
    pages: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """By step."""


@dataclass
class Stage:
    """Where the story takes place, and who hears it."""

    platform: Platform
    story: Story
    say: Say

    @property
    def settings(self) -> PlatformSettings:
        """Those in force."""
        return self.platform.settings

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """One step, under a heading and timed."""
        began = time.monotonic()
        self.say(f"\n{len(self.story.seconds) + 1}. {title}")
        yield
        self.story.seconds[name] = round(time.monotonic() - began, 1)

    def tell(self, lines: list[str]) -> None:
        """What was found."""
        for line in lines:
            self.say(line)


def settings_of(settings: PlatformSettings) -> PlatformSettings:
    """The demo's own: a state folder that nothing else uses, and nobody who has to agree."""
    home = str(settings.folder / "demo")
    return msgspec.structs.replace(settings, home=home, approval="automatic", watch_seconds=_WATCH_SECONDS)


def platform_of(settings: PlatformSettings) -> Platform:
    """The demo's platform; its monitor judges when it is asked to, because here a year passes within minutes."""
    return Platform(
        settings, {"CREDENCE_MONITOR_WINDOW_ROWS": str(APPLICATIONS), "CREDENCE_MONITOR_REVIEW_SECONDS": "86400"}
    )


def clear(platform: Platform) -> None:
    """Begin with nothing. Raises FlowError while another demo runs there."""
    folder = platform.settings.folder
    if running := platform.running():
        raise FlowError(
            f"a demo is up in {folder} ({', '.join(running)}): CREDENCE_HOME={folder} credence down ends it"
        )
    shutil.rmtree(folder, ignore_errors=True)


def pages(settings: PlatformSettings) -> dict[str, str]:
    """What can be looked at while the platform is up."""
    return {
        "windows, verdicts and what was done": f"{settings.monitor_url}/review",
        "runs and their figures": settings.orchestrator_url,
        "versions, reports and the audit trail": settings.registry_url,
        "the predictor's API": f"{settings.predictor_url}/docs",
    }
