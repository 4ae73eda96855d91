from pathlib import Path

import msgspec
import pytest

from training.bundle import Bundle, BundleError
from training.bundle.manifest import FORMAT, Field, decode, encode


def test_manifest_survives_a_round_trip(toy_bundle: Path) -> None:
    manifest = Bundle.open(toy_bundle).manifest
    assert decode(encode(manifest)) == manifest


def test_unknown_format_names_both_numbers(toy_bundle: Path) -> None:
    newer = msgspec.structs.replace(Bundle.open(toy_bundle).manifest, format=FORMAT + 1)
    with pytest.raises(BundleError, match=rf"format {FORMAT + 1}, this Credence reads format {FORMAT}"):
        decode(encode(newer))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "1"}', b'{"format": %d}' % FORMAT, b"\xff"])
def test_garbage_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"bundle\.json"):
        decode(content)


def test_fields_split_by_datatype(toy_bundle: Path) -> None:
    manifest = Bundle.open(toy_bundle).manifest
    names = [field.name for field in (*manifest.numeric, *manifest.categorical)]
    assert names == [field.name for field in manifest.fields]
    assert isinstance(manifest.categorical[0], Field)
    assert manifest.categorical[0].name == "NAME_INCOME_TYPE"


def test_a_field_without_a_feature_is_not_required(toy_bundle: Path) -> None:
    content = (toy_bundle / "bundle.json").read_text()
    older = content.replace('"protected": true', '"required": true,\n"protected": true').encode()
    required = [field.name for field in decode(older).fields if field.required]
    assert older != content.encode()
    assert required == ["AMT_INCOME_TOTAL"]
