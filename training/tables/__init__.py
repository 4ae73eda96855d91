"""The raw tables: what their columns mean, reading them from CSV and Parquet, and what is wrong with a file.

Values come out as they are in the files: anomalies stay (the bundle's graph reads them as missing), nothing is derived.
"""

from training.tables.applications import FIELDS
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
    "Table",
    "Tables",
    "check",
    "read",
    "read_applications",
]
