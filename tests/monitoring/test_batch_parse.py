import contextlib
import math
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors import RequestError
from monitoring.intake.frames import check_shape, parse, report
from serving.records import HEADER_SIZE, Schema, SegmentReport, frame


def test_frames_are_parted(schema, make_record, body):
    batch = parse(body(make_record("a-0"), "a-1", make_record("a-2")))
    assert batch.schemas == (schema,)
    assert [record.id for record in batch.records] == ["a-0", "a-2"]
    assert batch.forgotten == ("a-1",)


def test_empty_body_is_empty():
    assert parse(b"") == ((), (), ())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"request": "a\0b"}, "record 'a-0': request: expected text without NUL, got 'a\\x00b'"),
        ({"at": -1}, "record a-0: at: expected microseconds since 1970, got -1"),
        ({"at": 253_402_300_800_000_000}, "record a-0: at: expected microseconds since 1970, got 253402300800000000"),
        ({"client": 2**63}, "record a-0: client: expected 64 bits, got a longer whole number"),
        ({"probability": math.nan}, "record a-0: probability: expected a finite number, got nan"),
        ({"margin": math.inf}, "record a-0: margin: expected a finite number, got inf"),
    ],
)
def test_record_that_cannot_be_stored(make_record, body, fields, message):
    with pytest.raises(RequestError) as caught:
        parse(body(make_record("a-0", **fields)))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("fields", "got"),
    [
        ({"numeric": b""}, "0, 1 and 4"),
        ({"categorical": ("F", "M")}, "8, 2 and 4"),
        ({"history": bytes(5)}, "8, 1 and 5"),
    ],
)
def test_arrays_fit_their_schema(schema, make_record, fields, got):
    with pytest.raises(
        RequestError, match=f"expected 8 bytes, 1 categories and 4 bytes, as its schema says, got {got}"
    ):
        check_shape(make_record("a-0", **fields), schema)


def test_schema_must_be_known(make_record):
    with pytest.raises(RequestError, match="record a-0: schema: expected one that was sent before, got"):
        check_shape(make_record("a-0"), None)


@given(st.data())
def test_damaged_body_is_refused_or_whole(make_record, body, data):
    content = body(*(make_record(f"a-{i}", at=i) for i in range(3)))
    cut = data.draw(st.integers(1, len(content) - 1))
    with contextlib.suppress(RequestError):
        assert content.startswith(body(*parse(content[:cut]).records))


@given(st.binary(max_size=300))
def test_noise_is_refused_or_empty(noise):
    with contextlib.suppress(RequestError):
        assert parse(noise) == ((), (), ())


@pytest.mark.parametrize("rest", [b"\0", bytes(8), bytes(100), b"\1\2\3"])
def test_rest_behind_frames_is_refused(make_record, body, rest):
    with pytest.raises(RequestError, match="body: expected frames of records"):
        parse(body(make_record()) + rest)


def test_report_is_read():
    assert report("segment", "12", "34") == SegmentReport("segment", 12, 34)
    assert report(None, "12", "34") is None


@pytest.mark.parametrize("number", [None, "", "-1", "1.5", "1e3", "²", "9" * 19, "x"])
def test_report_without_numbers(number):
    with pytest.raises(RequestError, match="Credence-Answered: expected a whole number of at most 18 digits, got"):
        report("segment", number, "1")


def test_schema_without_names_is_a_schema(make_record):
    check_shape(make_record(numeric=b"", categorical=(), history=b""), Schema((), (), ()))


def test_text_that_is_not_utf8_is_refused(make_record):
    payload = frame(make_record())[HEADER_SIZE:].replace(b"request-1", b"request-\xff")
    broken = struct.pack("<II", len(payload), zlib.crc32(payload)) + payload
    with pytest.raises(RequestError, match="body: expected frames of records, got a frame at byte 0 is not an entry"):
        parse(broken)
