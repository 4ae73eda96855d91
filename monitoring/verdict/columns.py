"""The columns of a window's records in the Arrow stream that `GET /v1/cohorts/{id}/records` answers.

A retraining learns from these records, and the gate compares two versions on them.
"""

from __future__ import annotations

import pyarrow as pa

from serving.records import Schema

RECORD_COLUMNS = pa.schema(
    {
        "id": pa.string(),
        "at": pa.int64(),  # microseconds since 1970, UTC
        "client": pa.int64(),  # null for a new client
        "version": pa.string(),
    }
)
"""Columns before the model's columns."""

ANSWER_COLUMNS = pa.schema(
    {
        "history_status": pa.string(),
        "probability": pa.float64(),
        "margin": pa.float64(),
        "threshold": pa.float64(),
        "decision": pa.string(),
        "outcome": pa.bool_(),  # whether the applicant defaulted; null if that is not known
        "weight": pa.float64(),  # 1, or 1 / share of an explored application; null without an outcome
    }
)
"""Columns after the model's columns."""


def cohort_schema(model: Schema) -> pa.Schema:
    """All columns in order: numbers and history features as float32, categories as text, missing values as null."""
    numbers, history = ([pa.field(name, pa.float32()) for name in names] for names in (model.numeric, model.history))
    categories = [pa.field(name, pa.string()) for name in model.categorical]
    return pa.schema([*RECORD_COLUMNS, *numbers, *categories, *history, *ANSWER_COLUMNS])
