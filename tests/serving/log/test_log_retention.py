import asyncio
import time

DAY = 86_400


def days_ago(days: float) -> int:
    return int((time.time() - days * DAY) * 1e6)


def test_old_segments_are_deleted(make_log, answer, waiting, caplog):
    log = make_log()
    answer(log, 20, at=days_ago(31))
    log._close_current()
    asyncio.run(log.sync())
    assert log.expired == 20
    assert waiting(log) == []
    assert "20 records lost unshipped" in caplog.text


def test_young_segments_stay(make_log, answer):
    log = make_log(retention_days=1)
    answer(log, 20, at=days_ago(0.9))
    log._close_current()
    asyncio.run(log.sync())
    assert (log.expired, log.lag()[0]) == (0, 20)


def test_lost_records_still_count_as_answered(make_log, answer):
    log = make_log(retention_days=1)
    answer(log, 20, at=days_ago(2))
    log._close_current()
    expected = log.reports()
    asyncio.run(log.sync())
    assert log.expired == 20
    assert log.reports() == expected


def test_segment_of_yesterday_is_closed(make_log, answer, waiting):
    log = make_log()
    answer(log, 3)
    waiting(log)
    log._current.opened -= DAY + 1
    asyncio.run(log.sync())
    assert list(log.directory.glob("*.log")) == [log._spare.path]


def test_refused_files_expire(make_log, answer):
    log = make_log(retention_days=0)
    answer(log, 1)
    log.set_aside(log.batch(1 << 20, 1))
    size = log.bytes
    asyncio.run(log.sync())
    assert log.expired == 1
    assert list((log.directory / "refused").iterdir()) == []
    assert log.bytes < size


def test_lag_is_age_of_oldest(make_log, answer):
    log = make_log()
    answer(log, 1, at=days_ago(1))
    answer(log, 1)
    records, seconds = log.lag()
    assert records == 2
    assert DAY <= seconds < DAY + 60
