import pytest

from monitoring.intake.completeness import completeness


def segment(answered: int, received: int, trails: int = 0) -> dict[str, int]:
    return {
        "answered": answered,
        "received": received,
        "answered_at": 50_000_000,
        "received_at": 50_000_000 - trails * 1_000_000,
        "duplicates": 1,
    }


@pytest.mark.parametrize(
    ("segments", "missing", "share", "lag"),
    [
        ([], 0, 1.0, 0.0),
        ([segment(10, 10)], 0, 1.0, 0.0),
        ([segment(10, 9, trails=3)], 1, 0.9, 3.0),
        ([segment(10, 10, trails=3)], 0, 1.0, 0.0),
        ([segment(10, 5, trails=2), segment(30, 25, trails=7)], 10, 0.75, 7.0),
        ([segment(0, 10)], 0, 1.0, 0.0),
        # What came twice as often as announced in one segment hides nothing that is missing in another.
        ([segment(10, 20), segment(10, 5)], 5, 25 / 30, 0.0),
    ],
)
def test_answered_against_received(segments, missing, share, lag):
    account = completeness(segments)
    assert (account.missing, account.share, account.lag_seconds) == (missing, share, lag)
    assert account.duplicates == len(segments)
