"""One deadline for many waits."""

from __future__ import annotations

import asyncio

import pytest

from serving.process.deadline import Deadline


async def value(seconds: float) -> int:
    await asyncio.sleep(seconds)
    return 5


def test_short_wait_has_its_result() -> None:
    assert asyncio.run(Deadline(5).wait(value(0))) == 5


def test_long_wait_is_ended() -> None:
    async def main() -> list[int | BaseException]:
        deadline = Deadline(0.05)
        waits = [asyncio.create_task(deadline.wait(value(seconds))) for seconds in (30, 0, 30)]
        return await asyncio.gather(*waits, return_exceptions=True)

    first, second, third = asyncio.run(main())
    assert isinstance(first, TimeoutError)
    assert second == 5
    assert isinstance(third, TimeoutError)


def test_deadline_can_be_used_again() -> None:
    async def main() -> int:
        deadline = Deadline(0.05)
        with pytest.raises(TimeoutError):
            await deadline.wait(value(30))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await deadline.wait(value(30))
        return await deadline.wait(value(0))

    assert asyncio.run(main()) == 5


def test_cancellation_from_elsewhere_passes() -> None:
    async def main() -> None:
        task = asyncio.create_task(Deadline(5).wait(value(30)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_failure_passes() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(Deadline(5).wait(fail()))
