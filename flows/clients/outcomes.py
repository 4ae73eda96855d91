"""What became of answered applications: whose outcome a lender comes to know, and telling the monitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx
import msgspec
import numpy as np

from flows.clients.applications import Answered
from flows.errors import FlowError, NotUp
from flows.settings import Settings
from monitoring.intake.outcomes import Outcome

_SECONDS = 60.0


def known(answered: Sequence[Answered], defaulted: Mapping[int, bool], explored: float, seed: int) -> list[Outcome]:
    """The outcomes of the accepted, and of a share of the refused that is accepted at random to learn from it."""
    drawn = np.random.default_rng(seed).uniform(size=len(answered)) < explored
    return [
        Outcome(record=one.record, defaulted=defaulted[one.client], explored=explored if refused else None)
        for one, lucky in zip(answered, drawn.tolist(), strict=True)
        for refused in [one.probability >= one.threshold]
        if lucky or not refused
    ]


def tell(settings: Settings, outcomes: Sequence[Outcome]) -> None:
    """Tell the monitor all of them or none. Raises NotUp, FlowError."""
    url = f"{settings.monitor_url}/v1/outcomes"
    try:
        response = httpx.post(
            url,
            content=msgspec.json.encode({"outcomes": outcomes}),
            headers={"Content-Type": "application/json", **settings.monitor_headers},
            timeout=_SECONDS,
        )
    except httpx.HTTPError as error:
        raise NotUp("monitor", url) from error
    if response.status_code != 200:
        raise FlowError(f"the monitor refused POST {url}: {response.text[:300]}")
