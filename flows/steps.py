"""The long steps of a run, and how they report their progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")
Say = Callable[[str], None]
"""Reports a line of progress: to a terminal, or to the log of a step."""


class Step(Protocol):
    """A way to do a long step of a run."""

    def __call__(self, name: str, work: Callable[[Say], Result]) -> Result:
        """Do the work and return its result; its exceptions are raised."""


def plainly(say: Say) -> Step:
    """Steps that are done directly, without Prefect."""

    def do(name: str, work: Callable[[Say], Result]) -> Result:
        return work(say)

    return do
