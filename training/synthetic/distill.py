"""The committed `profile.json` from a full profile of the real tables: the same figures in a shorter form.

`python -m training.synthetic.distill FULL_PROFILE.json` rewrites it, keeping what `training.synthetic.calibrate` added.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from training.synthetic.profile import PROFILE_PATH

_QUANTILES = ("0", "1", "5", "25", "50", "75", "95", "99", "100")
_SPLITS = {"train": "train_5000", "test": "test_5000"}


def _column(full: dict[str, Any]) -> dict[str, Any]:
    short: dict[str, Any] = {"dtype": full["dtype"], "missing": full["missing_rate"], "unique": full["n_unique"]}
    if full["kind"] == "id":
        return short
    if full["kind"] == "categorical":
        return short | {"levels": full["levels"]}
    sentinel = full.get("excluding_sentinel")
    source = sentinel or full
    short |= {"mean": source["mean"], "quantiles": [source["quantiles"][level] for level in _QUANTILES]}
    if sentinel:
        return short | {"sentinel": full["sentinel_365243_share"]}
    short |= {"zero": full["zero_share"], "negative": full["negative_share"]}
    atoms = "values" if "values" in full else "top"
    return short | {atoms: full.get("values", full.get("top_values", {}))}


def _relation(full: dict[str, Any]) -> dict[str, Any]:
    missing = full["default_rate_missing"]
    short: dict[str, Any] = {"auc": full["auc"], "n": full["n_nonmissing"], "missing": missing}
    if "by_value" in full:
        return short | {"values": {value: [row["n"], row["default_rate"]] for value, row in full["by_value"].items()}}
    return short | {"bins": [[row["lo"], row["hi"], row["n"], row["default_rate"]] for row in full["bins"]]}


def _aggregate(full: dict[str, Any]) -> dict[str, Any]:
    return {
        "n": full["n"],
        "auc": full["auc"],
        "missing": full["default_rate_missing"],
        "spearman": {name.removeprefix("spearman_"): full[name] for name in full if name.startswith("spearman_")},
    }


def _counts(full: dict[str, Any]) -> dict[str, Any]:
    keep = {name: row for name, row in full.items() if name.endswith(("_per_client", "_per_SK_ID_PREV", "_credit"))}
    return {
        name: {
            "mean": row["mean"],
            "zero": row["zero_share"],
            "quantiles": [row["quantiles_nonzero"][level] for level in _QUANTILES],
        }
        for name, row in keep.items()
    }


def distill(full: dict[str, Any]) -> dict[str, Any]:
    """The short form of a full profile."""
    relation = full["target_relation_application_train"]
    categorical = relation["categorical"]
    rows = full["rows_per_key"]
    return {
        "clients": relation["n"],
        "default_rate": full["full_competition_target"]["rate"],
        "tables": {
            table: {name: _column(column) for name, column in content["columns"].items()}
            for table, content in full["tables"].items()
        },
        "relation": {name: _relation(column) for name, column in relation["numeric"].items()},
        "relation_levels": {
            name: {level: [row["n"], row["default_rate"]] for level, row in levels.items()}
            for name, levels in categorical.items()
        },
        "spearman": {key: full["spearman_application_train"][key] for key in ("columns", "matrix")},
        "buildings": full["building_block_missingness"],
        "counts": {split: _counts(rows[name]) for split, name in _SPLITS.items()} | {"all": _counts(rows["all_10000"])},
        "installments_rows_per_client": rows["installments_payments"]["rows_for_these_10000_clients"] / 10_000,
        "linkage": rows["linkage"],
        "structure": full["structure"],
        "aggregates_clients": full["client_aggregates_vs_target"]["n_clients"],
        "aggregates": {name: _aggregate(row) for name, row in full["client_aggregates_vs_target"]["features"].items()},
    }


def text(profile: dict[str, Any]) -> str:
    """JSON with one line for each entry of the second level, so that a change can be read as a difference."""
    lines = []
    for key, value in profile.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in value.items())
            lines.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(source: Path) -> None:
    """Rewrite the committed profile."""
    short = distill(json.loads(source.read_text()))
    old = json.loads(PROFILE_PATH.read_text()) if PROFILE_PATH.exists() else {}
    PROFILE_PATH.write_text(text(short | {"calibration": old.get("calibration", {})}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
