"""The packages' directions, where import-linter cannot hold them by itself."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def modules(package: str) -> set[str]:
    """The modules directly in a package."""
    found = {path.stem for path in (ROOT / package).glob("*.py")} | {
        path.parent.name for path in (ROOT / package).glob("*/__init__.py")
    }
    return {f"{package}.{name}" for name in found - {"__init__", "__main__"}}


@pytest.mark.parametrize(("package", "published"), [("training", "training.bundle"), ("serving", "serving.records")])
def test_all_but_the_format_is_forbidden(package: str, published: str) -> None:
    (forbidden,) = (
        set(contract["forbidden_modules"])
        for contract in CONTRACTS
        if package not in contract.get("source_modules", (package,))
        and any(name.startswith(f"{package}.") for name in contract["forbidden_modules"])
    )
    assert forbidden == modules(package) - {published}
