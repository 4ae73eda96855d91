"""docs/application.json is an application to a model of all fields."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from serving.protocol.codec import Applications, Codec
from serving.protocol.rest import Request, decode
from tests.docs.pages import ROOT
from training.bundle import Bundle
from training.features.fields import describe
from training.products.home_credit import PRODUCT
from training.synthetic import synthesise
from training.tables import read_applications


@pytest.fixture(scope="module")
def request_shown() -> Request:
    return decode((ROOT / "docs" / "application.json").read_bytes())


@pytest.fixture(scope="module")
def applications(request_shown: Request, toy_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Applications:
    """The example as read by the codec of a model that learned from a synthetic lender."""
    lender = tmp_path_factory.mktemp("lender")
    synthesise(2000, lender)
    fields = describe(read_applications(lender / "application_train.parquet", PRODUCT), PRODUCT.fields)
    manifest = msgspec.structs.replace(Bundle.open(toy_bundle).manifest, fields=fields)
    return Codec(manifest).read(request_shown.inputs)


def test_application_names_fields(request_shown: Request) -> None:
    assert {tensor.name for tensor in request_shown.inputs} <= {"SK_ID_CURR", *(field.name for field in PRODUCT.fields)}


def test_application_is_one_known_client(applications: Applications) -> None:
    assert len(applications) == 1
    assert applications.clients == [100015]


def test_application_is_usual(applications: Applications) -> None:
    assert applications.warnings == {}
