"""A file of applications, read as every other file is, for a model to decide on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from serving.batch.files import FileBatch
from serving.protocol.codec import CLIENT
from training.bundle import Manifest
from training.product import KINDS, Column, Table
from training.tables import read_batches


def batches_of(file: Path, manifest: Manifest) -> Iterator[FileBatch]:
    """The file's rows in order. Raises DataError if it is not a file of the model's fields."""
    fields = [Column(field.name, KINDS[field.datatype], field.description) for field in manifest.fields]
    client = Column(CLIENT, "integer", "Who applies.")
    table = Table("the model", "Applications, one in each row.", (client, *fields))
    for batch in read_batches(file, table):
        columns = {name: batch.frame[name].to_list() for name in batch.frame.columns}
        yield FileBatch(batch.frame.height, columns, batch.errors, batch.others)
