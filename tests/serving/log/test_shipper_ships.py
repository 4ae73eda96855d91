"""The shipper against a server that answers as it is told: what the real monitor does only on a bad day."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager

import pytest

from serving.log import shipper as module
from serving.log.shipper import Shipper
from serving.records import Schema, read


class Monitor:
    """Keeps what is posted to it; `judge` gives the status for the ids of a body."""

    def __init__(self, judge: Callable[[list[str]], int] = lambda ids: 200) -> None:
        self.judge = judge
        self.taken: list[str] = []
        self.reports: list[tuple[str, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        ids = [entry.id for _, entry in read(body) if not isinstance(entry, Schema)]
        status = self.judge(ids)
        if status == 200:
            self.taken += ids
            self.reports.append((headers["Credence-Segment"], int(headers["Credence-Answered"])))
        writer.write(f"HTTP/1.1 {status} x\r\n\r\n".encode() if status else b"")
        writer.close()

    @asynccontextmanager
    async def listen(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    for name in ("_FIRST_PAUSE", "_LONGEST_PAUSE", "_IDLE"):
        monkeypatch.setattr(module, name, 0.01)


def ship(log, monitor: Monitor, seconds: float = 20) -> tuple[bool, Shipper]:
    async def drain() -> tuple[bool, Shipper]:
        async with monitor.listen() as url:
            shipper = Shipper(log, url)
            return await shipper.drain(seconds), shipper

    return asyncio.run(drain())


def test_everything_is_shipped_once(make_log, answer):
    log, monitor = make_log(), Monitor()
    ids = [key for _ in range(40) for key in answer(log, 30)]
    done, shipper = ship(log, monitor)
    assert done
    assert monitor.taken == ids
    assert shipper.shipped == 1200
    assert log.lag() == (0, 0.0)


def test_answered_is_reported(make_log, answer):
    log, monitor = make_log(), Monitor()
    answer(log, 7)
    (name,) = log.segments
    ship(log, monitor)
    assert set(monitor.reports) == {(name, 7)}


@pytest.mark.parametrize("status", [0, 301, 404, 408, 429, 500, 503])
def test_passing_failures_are_repeated(make_log, answer, status):
    log = make_log()
    ids = answer(log, 7)
    failures = [status] * 3
    monitor = Monitor(lambda ids: failures.pop() if failures else 200)
    done, shipper = ship(log, monitor)
    assert done
    assert monitor.taken == ids
    assert (shipper.failures, shipper.refused) == (3, 0)


@pytest.mark.parametrize("status", [400, 413])
def test_refused_record_goes_alone(make_log, answer, entries, status):
    log = make_log()
    ids = answer(log, 100)
    monitor = Monitor(lambda posted: status if ids[37] in posted else 200)
    done, shipper = ship(log, monitor)
    assert done
    assert monitor.taken == ids[:37] + ids[38:]
    assert (shipper.shipped, shipper.refused) == (99, 1)
    (kept,) = (log.directory / "refused").iterdir()
    assert [entry.id for _, entry in read(kept.read_bytes()) if not isinstance(entry, Schema)] == [ids[37]]


def test_refused_file_explains_itself(make_log, answer):
    log = make_log()
    answer(log, 3)
    ship(log, Monitor(lambda posted: 400 if posted else 200))
    for path in (log.directory / "refused").iterdir():
        _, first = next(read(path.read_bytes()))
        assert isinstance(first, Schema)


def test_drain_gives_up_in_time(make_log, answer, caplog):
    log = make_log()
    answer(log, 5)
    done, shipper = ship(log, Monitor(lambda ids: 503), seconds=0.2)
    assert not done
    assert shipper.failures > 1
    assert "5 records are not shipped yet" in caplog.text
    assert caplog.text.count("does not take records: answered 503") == 1


def test_monitor_away_is_a_failure(make_log, answer):
    async def drain() -> tuple[bool, int]:
        shipper = Shipper(log, "http://127.0.0.1:1")
        return await shipper.drain(0.2), shipper.failures

    log = make_log()
    answer(log, 5)
    done, failures = asyncio.run(drain())
    assert not done
    assert failures > 0


def test_run_ships_what_is_appended(make_log, answer):
    async def traffic() -> list[str]:
        async with monitor.listen() as url:
            running = asyncio.create_task(Shipper(log, url).run())
            ids = []
            for _ in range(10):
                ids += answer(log, 3)
                await asyncio.sleep(0.01)
            while log.lag()[0]:
                await asyncio.sleep(0.01)
            running.cancel()
            return ids

    log, monitor = make_log(), Monitor()
    assert asyncio.run(traffic()) == monitor.taken


def test_idle_log_reports_changes_only(make_log, answer, monkeypatch):
    async def idle() -> None:
        async with monitor.listen() as url:
            running = asyncio.create_task(Shipper(log, url).run())
            await asyncio.sleep(0.3)
            running.cancel()

    monkeypatch.setattr(module, "_HEARTBEAT", 0.01)
    log, monitor = make_log(), Monitor()
    answer(log, 7)
    asyncio.run(idle())
    assert len(monitor.reports) == 2
