"""The raw tables of a product: reading them from CSV and Parquet, and checking the files.

Values stay as they are in the files. Anomalies are kept, because the bundle's graph treats them as missing. Nothing is
derived.
"""

from training.tables.batches import RowBatch, read_batches
from training.tables.folder import FolderReport, check
from training.tables.problems import DataError, Problem
from training.tables.reading import Tables, read, read_applications

__all__ = [
    "DataError",
    "FolderReport",
    "Problem",
    "RowBatch",
    "Tables",
    "check",
    "read",
    "read_applications",
    "read_batches",
]
