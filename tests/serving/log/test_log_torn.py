import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.log.log import Log
from serving.records import Schema, frame, read

PREALLOCATED = bytes(500)


@pytest.fixture(scope="module")
def frames(schema, make_record):
    return [frame(schema), *(frame(make_record(f"s-{i}", note="x" * 30 * i)) for i in range(8))]


def adopted(content: bytes) -> tuple[int, list[str]]:
    """Torn tails and ids that a successor finds, twice: what it leaves behind is whole."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "0123456789abcdef0123.log").write_bytes(content)
        first, second = (found(Path(folder)) for _ in range(2))
    assert second == (0, first[1])
    return first


def found(folder: Path) -> tuple[int, list[str]]:
    log = Log(folder, segment_bytes=1 << 14, limit_bytes=1 << 20)
    batch = log.batch(1 << 20, 1000)
    log.close()
    return log.torn, [entry.id for _, entry in read(batch.body) if not isinstance(entry, Schema)] if batch else []


def whole(frames: list[bytes], size: int) -> int:
    """How many records lie wholly in the first bytes."""
    ends = itertools.accumulate(map(len, frames))
    return max(0, sum(end <= size for end in ends) - 1)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_everything_before_cut_is_read(frames, data):
    content = b"".join(frames)
    size = data.draw(st.integers(0, len(content)))
    torn, ids = adopted(content[:size] + PREALLOCATED)
    assert ids == [f"s-{i}" for i in range(whole(frames, size))]
    assert torn == (content[:size].rstrip(b"\0") not in {b"".join(frames[:n]).rstrip(b"\0") for n in range(10)})


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_everything_before_flip_is_read(frames, data):
    content = bytearray(b"".join(frames))
    at = data.draw(st.integers(len(frames[0]), len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    torn, ids = adopted(bytes(content) + PREALLOCATED)
    assert ids == [f"s-{i}" for i in range(whole(frames, at))]
    assert torn == 1


@given(st.binary(min_size=1, max_size=200))
@settings(max_examples=60, deadline=None)
def test_noise_behind_end_is_cut(frames, noise):
    torn, ids = adopted(b"".join(frames) + noise + PREALLOCATED)
    assert ids[:8] == [f"s-{i}" for i in range(8)]
    assert len(ids) == 8
    assert torn == bool(noise.strip(b"\0"))


def test_torn_tail_is_no_answer(make_log, answer, kill, tmp_path):
    log = make_log()
    answer(log, 5)
    kill(log)
    (path,) = log.directory.glob("*.log")
    content = path.read_bytes().rstrip(b"\0")
    path.write_bytes(content[:-3])
    successor = make_log()
    assert (successor.torn, successor.lag()[0]) == (1, 4)
