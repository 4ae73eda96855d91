"""The release that several modules try things on; it costs minutes, so they share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.platform import Platform, platform


@pytest.fixture(scope="session")
def bank() -> Iterator[Platform]:
    """One that serves by another name than the default, and in which a person must agree to promotions."""
    with platform("bank", "--set=serving.name=second", "--set=promotion.approval=required") as release:
        yield release
