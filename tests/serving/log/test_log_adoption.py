import pytest


def test_killed_process_loses_nothing(make_log, answer, kill, waiting):
    log = make_log()
    ids = [key for _ in range(40) for key in answer(log, 20)]
    kill(log)
    assert waiting(make_log()) == ids


def test_living_process_keeps_its_segments(make_log, answer, waiting):
    one = make_log()
    ids = answer(one, 3)
    other = make_log()
    assert other.lag()[0] == 0
    assert waiting(one) == ids


def test_closed_log_waits_for_successor(make_log, answer, waiting):
    log = make_log()
    ids = answer(log, 3)
    log.close()
    assert waiting(make_log()) == ids


def test_acknowledged_records_stay_acknowledged(make_log, answer, kill, waiting):
    log = make_log()
    ids = answer(log, 30)
    log.acknowledge(log.batch(1 << 20, 10))
    kill(log)
    assert waiting(make_log()) == ids[10:]


@pytest.mark.parametrize("content", ["", "7", "many", "99999999"])
def test_lost_position_ships_again(make_log, answer, kill, waiting, content):
    log = make_log()
    ids = answer(log, 30)
    log.acknowledge(log.batch(1 << 20, 10))
    kill(log)
    (file,) = log.directory.glob("*.acked")
    file.write_text(content)
    assert waiting(make_log()) == ids


def test_shipped_segments_are_deleted(make_log, answer, kill, waiting):
    log = make_log()
    for _ in range(40):
        answer(log, 20)
    kill(log)
    successor = make_log()
    waiting(successor)
    assert [path.stem for path in successor.directory.glob("*.log")] == list(successor.segments)
    assert len(successor.segments) == 1


def test_adopted_count_is_what_was_answered(make_log, answer, kill):
    log = make_log()
    answer(log, 30)
    expected = log.reports()
    kill(log)
    assert make_log().reports() == expected


def test_unfinished_files_are_swept(make_log, tmp_path):
    (tmp_path / "log").mkdir()
    for name in ("a.new", "b.acked", "c.erase", "d.draft"):
        (tmp_path / "log" / name).touch()
    log = make_log()
    assert [path.suffix for path in log.directory.iterdir()] == [".log"]


def test_empty_log_leaves_nothing(make_log):
    log = make_log()
    log.close()
    assert list(log.directory.iterdir()) == []
