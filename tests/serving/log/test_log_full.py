import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving.log.log import LogFull


def fill(log, answer) -> list[str]:
    """Answers until there is no room."""
    ids: list[str] = []
    while True:
        try:
            ids += answer(log, 20)
        except LogFull:
            return ids


def test_limit_refuses_answers(make_log, answer):
    log = make_log(limit_bytes=4 << 16)
    ids = fill(log, answer)
    assert log.full
    assert log.bytes <= 4 << 16
    assert "its limit of 262144 bytes is reached" in log.trouble
    assert len(ids) == log.lag()[0]


def test_full_is_known_before_it_hurts(make_log, answer):
    log = make_log(limit_bytes=2 << 16)
    while not log.trouble:
        answer(log, 20)
        asyncio.run(log.sync())
    assert not log.full
    answer(log, 20)


def test_room_comes_back_by_shipping(make_log, answer, waiting):
    log = make_log(limit_bytes=4 << 16)
    ids = fill(log, answer)
    assert waiting(log) == ids
    asyncio.run(log.sync())
    assert not log.full
    answer(log, 20)


def test_backlog_over_limit_starts_full(make_log, answer, kill, waiting):
    log = make_log(limit_bytes=4 << 16)
    ids = fill(log, answer)
    kill(log)
    successor = make_log(limit_bytes=2 << 16)
    assert successor.full
    with pytest.raises(LogFull):
        successor.next_ids(1)
    assert waiting(successor) == ids
    asyncio.run(successor.sync())
    answer(successor, 1)


def test_spare_segment_is_taken(make_log, answer):
    log = make_log()
    while log.bytes == 1 << 16:
        answer(log, 20)
        asyncio.run(log.sync())
    spare = log._spare
    while log._current is not spare:
        answer(log, 20)
    assert len(log.segments) == 2


def test_deleted_folder_stops_answers_until_it_is_back(make_log, answer, waiting):
    log = make_log()
    ids = answer(log, 3)
    shutil.rmtree(log.directory)
    asyncio.run(log.sync())
    assert log.full
    with pytest.raises(LogFull):
        answer(log)
    log.directory.mkdir()
    asyncio.run(log.sync())
    assert not log.full
    assert waiting(log) == ids
    assert (log.directory / f"{answer(log)[0].partition('-')[0]}.log").exists()


LIMITED = """
import resource, runpy, sys
from pathlib import Path
from serving.log.log import Log, LogFull

fixtures = runpy.run_path(sys.argv[2])
log = Log(Path(sys.argv[1]), segment_bytes=1 << 16, limit_bytes=1 << 20)
log.schema(fixtures["SCHEMA"])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
segment = log._current
while segment.room > 5000:
    (id,) = log.next_ids(1)
    log.append([fixtures["record"](id)])
    print(id)
try:
    log.append([fixtures["record"]("torn", note="x" * segment.room)])
except LogFull as error:
    print(error, file=sys.stderr)
log.append([fixtures["record"]("short")])
print("short")
"""


def test_disk_without_room_tears_nothing(tmp_path, make_log, waiting):
    conftest = Path(__file__).with_name("conftest.py")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "log"), str(conftest)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written: [Errno 27] File too large" in done.stderr
    log = make_log()
    assert log.torn == 0
    assert waiting(log) == done.stdout.split()
