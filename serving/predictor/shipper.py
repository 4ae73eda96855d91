"""Ships the prediction log to the monitor: behind the acknowledged position, in order, until it is committed there."""

from __future__ import annotations

from serving.predictor.log import Log


class Shipper:
    """Posts batches of frames to `<url>/v1/records`; one task on the event loop."""

    shipped: int
    """Records acknowledged by the monitor."""
    refused: int
    """Records that the monitor refused for good; they lie in the log's `refused/` folder."""
    failures: int
    """Attempts that failed and were, or will be, repeated."""

    def __init__(self, log: Log, url: str) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        """Ship until cancelled; a monitor that is away is asked again with growing pauses."""
        raise NotImplementedError

    async def drain(self, seconds: float) -> bool:
        """Ship what is left, after `run` was cancelled; whether all of it was acknowledged in time."""
        raise NotImplementedError
