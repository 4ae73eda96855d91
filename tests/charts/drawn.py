"""Values that the chart's schema accepts, drawn at random."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.charts.chart import CHART

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
_SIGNS = st.characters(codec="utf-8", exclude_categories=["C"])
"""A file of values holds no control characters: YAML does not."""
_KUBERNETES_OWN = ("rules", "affinity")
"""Objects that the chart hands on as they are; Kubernetes' own schema says what they hold, so ours leaves them open."""


def drawn_values() -> st.SearchStrategy[dict[str, Any]]:
    """Some of the values, each one drawn from what its schema allows."""
    made: st.SearchStrategy[dict[str, Any]] = _draw(SCHEMA)
    return made


def _draw(schema: dict[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    if name in _KUBERNETES_OWN:
        return st.nothing()
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _draw(SCHEMA["definitions"][name], name)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    parts = [each for each in schema.get("allOf", []) if "$ref" in each]
    made = _draw(parts[0]) if parts else _of_type(schema)
    whole = Draft7Validator({**schema, "definitions": SCHEMA["definitions"]})
    return made.filter(whole.is_valid) if {"allOf", "not", "propertyNames", "maxLength"} & set(schema) else made


def _of_type(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    match schema["type"]:
        case "object":
            return _object(schema)
        case "array":
            inside = _draw(schema["items"])
            least = schema.get("minItems", 0)
            return st.just([]) if inside.is_empty else st.lists(inside, min_size=least, max_size=2)
        case "boolean":
            return st.booleans()
        case "integer" | ["integer", "null"]:
            return st.integers(schema.get("minimum"), min(schema.get("maximum", 2**31 - 1), 2**31 - 1))
        case "number":
            least = schema.get("minimum", schema.get("exclusiveMinimum"))
            above = "exclusiveMinimum" in schema
            return st.floats(least, schema.get("maximum"), exclude_min=above, allow_subnormal=False)
        case _:
            return _text(schema)


def _text(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=_SIGNS)
    return st.text(_SIGNS, min_size=schema.get("minLength", 0))


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    named = {key: _draw(each, key) for key, each in schema.get("properties", {}).items()}
    named = {key: each for key, each in named.items() if not each.is_empty}
    more = schema.get("additionalProperties")
    if not named and isinstance(more, dict):
        keys = _text(schema.get("propertyNames", {"pattern": "^[a-z][a-z0-9.]{0,20}$"}))
        return st.dictionaries(keys, _draw(more), max_size=3)
    required = {key: named.pop(key) for key in schema.get("required", ()) if key in named}
    return st.fixed_dictionaries(required, optional=named)
