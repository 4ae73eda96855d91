"""The long steps of a run, and who hears what they are doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")
Say = Callable[[str], None]
"""Tells a line to whoever follows a run: a terminal, or the log of a step."""


class Step(Protocol):
    """How a long step of a run is done."""

    def __call__(self, name: str, work: Callable[[Say], Result]) -> Result:
        """Do the work and return what it does; what it raises is raised."""


def plainly(say: Say) -> Step:
    """Steps without anybody who shows them."""

    def do(name: str, work: Callable[[Say], Result]) -> Result:
        return work(say)

    return do
