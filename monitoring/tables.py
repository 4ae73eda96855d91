"""The tables of the store. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, LargeBinary, MetaData, String, Table, Text

FORMAT = 2
"""Raised when the tables change; a store of another format is refused rather than guessed at."""

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
    Index("records_by_version", "version", "at"),
)

segments = Table(
    "segments",
    metadata,
    Column("name", String, primary_key=True),
    Column("answered", BigInteger, nullable=False),  # by the predictor, as far as it has told
    Column("answered_at", BigInteger, nullable=False),  # `at` of the latest of these
    Column("received", BigInteger, nullable=False),  # forgotten and expired ones included
    Column("received_at", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),  # when it was last heard of
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
"""Kept for one retention: until then a log somewhere may still hold what a client had forgotten, and send it."""

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""`format`, whose row is also the lock that writers take, and `expired`: records that the retention deleted."""
