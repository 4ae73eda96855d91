"""The tables of the store. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

FORMAT = 4
"""Increase this number when the tables change. Format 3 is upgraded; a store of any other format is refused."""

metadata = MetaData()

schemas = Table(
    "schemas",
    metadata,
    Column("id", String, primary_key=True),
    Column("names", LargeBinary, nullable=False),  # the Schema's MessagePack
)

records = Table(
    "records",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("request", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("schema", String, nullable=False),
    Column("client", BigInteger),
    Column("probability", Float(53), nullable=False),
    Column("margin", Float(53), nullable=False),
    Column("threshold", Float(53), nullable=False),
    Column("decision", Text, nullable=False),
    Column("history_status", String, nullable=False),
    Column("warnings", Text, nullable=False),  # JSON
    Column("explanation", Text, nullable=False),  # JSON, or empty
    Column("numeric", LargeBinary, nullable=False),  # float32, little-endian
    Column("categorical", LargeBinary, nullable=False),  # MessagePack: a text column cannot hold every string
    Column("history", LargeBinary, nullable=False),  # float32, little-endian
    Index("records_by_time", "at", "id"),
    Index("records_by_client", "client"),
    Index("records_by_request", "request"),
    Index("records_by_version", "version", "at", "id"),
)

segments = Table(
    "segments",
    metadata,
    Column("name", String, primary_key=True),
    Column("answered", BigInteger, nullable=False),  # by the predictor, according to its last report
    Column("answered_at", BigInteger, nullable=False),  # `at` of the latest answered record
    Column("received", BigInteger, nullable=False),  # forgotten and expired ones included
    Column("received_at", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),  # when the segment was last mentioned in a request
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),  # when it was forgotten
)

forgotten_clients = Table(
    "forgotten_clients",
    metadata,
    Column("client", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)
"""Kept for one retention period: until then, a predictor may still send a forgotten client's records from its log."""

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""`format`, whose row is also the writers' lock; and `expired`, the number of records that the retention deleted."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("record", String, primary_key=True),
    Column("defaulted", Boolean, nullable=False),
    Column("explored", Float(53)),  # the share of refused applications that are accepted to learn from them
    Column("told_at", BigInteger, nullable=False, index=True),
)

windows = Table(
    "windows",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column(
        "after_at", BigInteger, nullable=False
    ),  # the end of the previous window; the window's records come after it
    Column("after_id", String, nullable=False),
    Column("end_at", BigInteger, nullable=False),  # its last record
    Column("end_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),  # when it was closed
    Column("content", Text, nullable=False),  # the Window's JSON
    Index("windows_by_version", "version", "number", unique=True),
    Index("windows_by_time", "at", "id"),
)

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", String, primary_key=True),  # the window's id
    Column("version", Text, nullable=False, index=True),
    Column("number", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # when it was closed
    Column("content", Text, nullable=False),  # the Cohort's JSON
    Index("cohorts_by_time", "at", "id"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Text, nullable=False),
    Column("judgement", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # the Verdict's JSON
    Column("state", String, nullable=False),  # the retraining's, from `monitoring.verdict.retraining`
    Column("note", Text, nullable=False),  # reason for the state, as a sentence
    Column("attempt", BigInteger, nullable=False),  # 0 before the first
    Column("run", String),  # the flow run's id
    Column("changed_at", BigInteger, nullable=False),
    Index("verdicts_by_time", "at", "id"),
)

actions = Table(
    "actions",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("verdict", String, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String, nullable=False),  # a `monitoring.store.verdicts.ActionKind`
    Column("what", Text, nullable=False),  # for people
    Column("version", Text),
    Column("run", Text),  # its page at Prefect
    Column("waits", Boolean, nullable=False),
)
"""Actions that were done about verdicts."""

live = Table(
    "live",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # always 1
    Column("version", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""The version that was last reported as live."""
