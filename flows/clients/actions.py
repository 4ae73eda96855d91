"""What was done about a verdict, told to the monitor that gave it."""

from __future__ import annotations

import time

import httpx

from flows.settings import Settings
from training.registry.trail import Change

_PAUSES = (1.0, 2.0, 4.0, 0.0)
"""Seconds after each attempt."""
_LONGEST = 1000
"""Characters of a note."""


def note(
    settings: Settings,
    verdict: str,
    what: str,
    version: str | None = None,
    url: str | None = None,
    *,
    waits: bool = False,
) -> None:
    """Tell the monitor, if a verdict was behind it; a monitor that stays away misses it.

    `waits`: the run at `url` goes on only when a person agrees.
    """
    if not verdict:
        return
    address, headers = f"{settings.monitor_url}/v1/verdicts/{verdict}/actions", settings.monitor_headers
    done = {"what": what[:_LONGEST], "version": version, "run": url, "waits": waits}
    for pause in _PAUSES:
        try:
            response = httpx.post(address, json=done, headers=headers, timeout=10)
        except httpx.HTTPError:
            pass
        else:
            if response.status_code < 500:
                return
        time.sleep(pause)


def told(change: Change) -> str:
    """How an attempt to change what is live ended, in a sentence."""
    if change.state == "done":
        return f"version {change.after} is live, in place of {change.before or 'none'}"
    return f"version {change.after} is not live: {change.state}. {change.why}"
