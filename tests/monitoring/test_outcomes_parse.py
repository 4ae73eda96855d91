import pytest

from monitoring.errors import RequestError
from monitoring.intake.outcomes import ReportedOutcome, check_outcome, parse_outcomes


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body: expected JSON, got something else"),
        (b"\xff", "body: expected JSON, got something else"),
        (b'{"outcomes": [], "\xff": 1}', "body: expected texts in UTF-8, got other bytes"),
        (b'{"outcomes": [{"record": "\xed\xa0\x80", "defaulted": true}]}', "body: expected texts in UTF-8"),
        (b"[]", "body: expected `object`, got `array`"),
        (b"{}", "body: object missing required field `outcomes`"),
        (b'{"outcomes": [{"record": "a"}]}', r"outcomes\[0\]: object missing required field `defaulted`"),
        (b'{"outcomes": [{"record": "a", "defaulted": 1}]}', r"outcomes\[0\].defaulted: expected `bool`, got `int`"),
        (b'{"outcomes": [{"record": "a", "defaulted": true, "share": 1}]}', "unknown field `share`"),
        (b'{"outcomes": [{"record": "\\u0000", "defaulted": true}]}', "record: expected the id of a record"),
        (
            b'{"outcomes": [{"record": "a", "defaulted": true}, {"record": "a", "defaulted": false}]}',
            "record a: expected one outcome, got another",
        ),
        (
            b'{"outcomes": [{"record": "a", "defaulted": true, "explored": 0}]}',
            "record a: explored: expected a share from 0.0001 to 1, got 0.0",
        ),
        (
            b'{"outcomes": [{"record": "a", "defaulted": true, "explored": 2}]}',
            "record a: explored: expected a share from 0.0001 to 1, got 2.0",
        ),
        (
            b'{"outcomes": [{"record": "a", "defaulted": true, "explored": 1e-9}]}',
            "record a: explored: expected a share from 0.0001 to 1, got 1e-09",
        ),
        (
            b'{"outcomes": [{"record": "a", "defaulted": true, "explored": -0.1}]}',
            "record a: explored: expected a share from 0.0001 to 1, got -0.1",
        ),
        (b'{"outcomes": [{"record": "a", "defaulted": true, "explored": NaN}]}', "body: expected JSON"),
        (b'{"outcomes": [{"record": "a", "defaulted": true, "explored": 1e999}]}', "explored: number out of range"),
        (b'{"outcomes": [{"record": "a", "defaulted": "true"}]}', r"defaulted: expected `bool`, got `str`"),
    ],
)
def test_wrong_bodies_are_named(body, message):
    with pytest.raises(RequestError, match=message):
        parse_outcomes(body)


@pytest.mark.parametrize(
    ("explored", "refused", "message"),
    [
        (None, None, "record: expected the id of a record, got 'a': it has not arrived yet"),
        (None, True, "record a: explored: expected the share of refused applications"),
        (0.1, False, "record a: explored: expected nothing, because this application was accepted, got 0.1"),
    ],
)
def test_outcome_must_fit_its_record(explored, refused, message):
    with pytest.raises(RequestError, match=message):
        check_outcome(ReportedOutcome(record="a", defaulted=True, explored=explored), refused)


@pytest.mark.parametrize(("explored", "refused"), [(None, False), (0.1, True), (1.0, True)])
def test_fitting_outcomes_are_taken(explored, refused):
    check_outcome(ReportedOutcome(record="a", defaulted=True, explored=explored), refused)
