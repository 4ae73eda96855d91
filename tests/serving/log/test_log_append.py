import msgspec
import pytest

from serving.records import Schema


def test_records_follow_their_schema(make_log, answer, entries):
    log = make_log()
    ids = answer(log, 3) + answer(log, 2)
    schema, *records = entries(log.directory)
    assert isinstance(schema, Schema)
    assert [record.id for record in records] == ids
    assert {record.schema for record in records} == {schema.id}


def test_ids_are_segment_and_ordinal(make_log):
    log = make_log()
    (name,) = log.segments
    assert log.next_ids(3) == [f"{name}-0", f"{name}-1", f"{name}-2"]
    assert log.next_ids(1) == [f"{name}-3"]


def test_every_segment_explains_itself(make_log, answer):
    log = make_log()
    for _ in range(40):
        answer(log, 20)
    assert len(log.segments) > 1
    for segment in log.segments.values():
        _, _, first = next(segment.frames())
        assert isinstance(first, Schema)


def test_ids_stay_unique_across_segments(make_log, answer):
    log = make_log()
    ids = [key for _ in range(40) for key in answer(log, 20)]
    assert len(set(ids)) == len(ids) == log.lag()[0] == log.answered


def test_segments_sort_by_age(make_log, answer):
    log = make_log()
    for _ in range(60):
        answer(log, 20)
    assert list(log.segments) == sorted(log.segments)


def test_answer_larger_than_segment(make_log, answer, waiting):
    log = make_log()
    ids = answer(log, 1000)
    assert log.bytes > 1 << 16
    assert waiting(log) == ids


def test_reserved_ids_survive_roll(make_log, make_record, answer, waiting):
    log = make_log()
    reserved = log.next_ids(2)
    others = [key for _ in range(40) for key in answer(log, 20)]
    log.append([make_record(key) for key in reserved])
    assert waiting(log) == others + reserved


def test_unknown_schema_is_refused(make_log, make_record):
    log = make_log()
    (key,) = log.next_ids(1)
    stranger = msgspec.structs.replace(make_record(key), schema="0" * 16)
    with pytest.raises(KeyError):
        log.append([stranger])
    assert log.lag() == (0, 0.0)


def test_limit_must_hold_two_segments(make_log):
    with pytest.raises(ValueError, match="expected 131072 bytes or more, got 100000"):
        make_log(limit_bytes=100_000)


def test_files_are_private(make_log, answer):
    log = make_log()
    answer(log)
    assert log.directory.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in log.directory.iterdir())
