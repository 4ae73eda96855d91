import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.log.erasure import Erasure, blank, erasures
from serving.log.log import forget_in
from serving.log.segment import frames
from serving.records import HEADER_SIZE, Forgotten, Record, RecordError, read

SECRET = "the applicant's secret"


def content(log) -> bytes:
    return b"".join(path.read_bytes() for path in log.directory.rglob("*") if path.is_file())


@given(st.integers(80, 100_000), st.text(max_size=40))
def test_blank_has_any_length(length, key):
    blanked = blank(Erasure(0, length, key)) if length > 80 + 4 * len(key) else None
    if blanked is not None:
        ((end, entry),) = read(blanked)
        assert end == len(blanked) == length
        assert isinstance(entry, Forgotten)
        assert entry.id == key
        assert not entry.padding.strip(b"\0")


def test_too_short_frame_is_refused():
    with pytest.raises(RecordError, match="frame at byte 7 is too short to be blanked: 20 bytes"):
        blank(Erasure(7, HEADER_SIZE + 12, "segment-1"))


def test_forgotten_client_leaves_ids(make_log, answer, waiting):
    log = make_log()
    ids = answer(log, 2, client=1) + answer(log, 3, client=2, note=SECRET) + answer(log, 1, client=1)
    assert asyncio.run(log.forget(2)) == 3
    assert SECRET.encode() not in content(log)
    assert waiting(log) == ids


def test_other_clients_keep_their_records(make_log, answer, entries):
    log = make_log()
    answer(log, 2, client=1)
    answer(log, 3, client=2)
    asyncio.run(log.forget(2))
    assert [entry.client for entry in entries(log.directory) if isinstance(entry, Record)] == [1, 1]


def test_new_clients_cannot_be_forgotten(make_log, answer):
    log = make_log()
    answer(log, 2, client=None)
    assert asyncio.run(log.forget(0)) == 0


def test_closed_segments_are_erased(make_log, answer, kill):
    log = make_log()
    for _ in range(40):
        answer(log, 20, client=2, note=SECRET)
    kill(log)
    successor = make_log()
    assert len(successor.segments) > 2
    assert asyncio.run(successor.forget(2)) == 800
    assert SECRET.encode() not in content(successor)


def test_dead_logs_are_erased_offline(make_log, answer, kill, waiting):
    log = make_log()
    ids = answer(log, 2, client=1) + answer(log, 3, client=2, note=SECRET)
    kill(log)
    assert forget_in(log.directory, 2) == 3
    assert SECRET.encode() not in content(log)
    assert waiting(make_log()) == ids


def test_living_logs_are_left_to_their_process(make_log, answer):
    log = make_log()
    answer(log, 3, client=2)
    assert forget_in(log.directory, 2) == 0


def test_records_go_on_while_forgetting(make_log, answer, waiting):
    log = make_log()
    ids = answer(log, 1500, client=2)

    async def both() -> int:
        erasing = asyncio.create_task(log.forget(2))
        while not erasing.done():
            ids.extend(answer(log, 1, client=1))
            await asyncio.sleep(0)
        return erasing.result()

    assert asyncio.run(both()) == 1500
    assert len(ids) > 1500
    assert waiting(log) == ids


def test_segment_shipped_while_forgetting(make_log, answer, waiting):
    log = make_log()
    answer(log, 1500, client=2)
    log._close_current()

    async def both() -> int:
        erasing = asyncio.create_task(log.forget(2))
        await asyncio.sleep(0)
        waiting(log)
        return await erasing

    assert asyncio.run(both()) == 1500
    assert not list(log.directory.glob("*.erase"))


@pytest.mark.parametrize("overwritten", [0, 1, 10, 200])
def test_successor_finishes_erasing(make_log, answer, kill, waiting, overwritten):
    log = make_log()
    ids = answer(log, 3, client=2, note=SECRET) + answer(log, 2, client=1)
    kill(log)
    (path,) = log.directory.glob("*.log")
    with path.open("r+b") as file:
        found = [each for each in erasures(frames(file.fileno(), 0, path.stat().st_size), 2) if each]
        path.with_suffix(".erase").write_bytes(msgspec.msgpack.encode(found))
        file.seek(found[1].start)
        file.write(blank(found[1])[:overwritten])
    successor = make_log()
    assert SECRET.encode() not in content(successor)
    assert (successor.torn, waiting(successor)) == (0, ids)


def test_refused_records_are_erased(make_log, answer, tmp_path):
    log = make_log()
    answer(log, 1, client=2, note=SECRET)
    answer(log, 1, client=1)
    for _ in range(2):
        log.set_aside(log.batch(1 << 20, 1))
    (kept, _) = sorted((log.directory / "refused").iterdir())
    size = kept.stat().st_size
    log._close_current()
    assert SECRET.encode() in content(log)
    assert asyncio.run(log.forget(2)) == 1
    assert SECRET.encode() not in content(log)
    assert kept.stat().st_size == size


def test_batch_is_set_aside_as_it_is_now(make_log, answer):
    log = make_log()
    answer(log, 1, client=2, note=SECRET)
    batch = log.batch(1 << 20, 1)
    asyncio.run(log.forget(2))
    log.set_aside(batch)
    assert SECRET.encode() in batch.body
    assert SECRET.encode() not in content(log)


def test_segment_shipped_meanwhile_is_passed_over(make_log, answer, waiting):
    log = make_log()
    for _ in range(80):
        answer(log, 20, client=2)
    assert len(log.segments) > 2

    async def forget_while_shipping() -> None:
        forgetting = asyncio.create_task(log.forget(2))
        await asyncio.sleep(0)
        waiting(log)
        await forgetting

    asyncio.run(forget_while_shipping())
    assert len(log.segments) == 1
