"""The raw tables: the meaning of their columns, reading them from CSV and Parquet, and checking the files.

Values stay as they are in the files. Anomalies are kept, because the bundle's graph treats them as missing. Nothing is
derived.
"""

from training.tables.applications import FIELDS
from training.tables.batches import RowBatch, read_batches
from training.tables.catalog import HISTORY, TABLES
from training.tables.columns import Column, Table
from training.tables.folder import FolderReport, check
from training.tables.problems import DataError, Problem
from training.tables.reading import Tables, read, read_applications

__all__ = [
    "FIELDS",
    "HISTORY",
    "TABLES",
    "Column",
    "DataError",
    "FolderReport",
    "Problem",
    "RowBatch",
    "Table",
    "Tables",
    "check",
    "read",
    "read_applications",
    "read_batches",
]
