"""The client history: a separate file with features of known clients.

It is not part of the bundle because history changes daily and a model does not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.bundle.manifest import BundleError


class _Header(msgspec.Struct):
    as_of: date
    names: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """`clients` [N] int64 ascending and `values` [N, h] float32 on the day `as_of`; both are views of a mapped file."""

    clients: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    as_of: date

    @staticmethod
    def path_for(directory: Path, names: tuple[str, ...]) -> Path:
        """The path of the history file for a list of features; models with the same list share the file."""
        digest = hashlib.sha256(msgspec.json.encode(names)).hexdigest()[:12]
        return directory / f"history-{digest}.arrow"

    @classmethod
    def open(cls, path: Path, names: tuple[str, ...]) -> History:
        """Map a history file. Raises BundleError if it is not a history file or its features differ from `names`."""
        try:
            with pa.memory_map(str(path)) as source:
                batch = pa.ipc.open_file(source).get_batch(0)
            header = msgspec.json.decode(batch.schema.metadata[b"credence"], type=_Header)
        except (OSError, pa.ArrowException, KeyError, TypeError, msgspec.DecodeError) as error:
            raise BundleError(
                f"{path.name} is not a client history: {error}; make it with `credence history`"
            ) from error
        if header.names != names:
            raise BundleError(
                f"{path.name} holds {len(header.names)} other features than the {len(names)} of this model; "
                "make it with `credence history`"
            )
        clients = batch.column("SK_ID_CURR").to_numpy()
        values = batch.column("features").values.to_numpy().reshape(len(clients), len(names))
        return cls(clients, values, header.as_of)

    def find(self, client: int) -> int:
        """The client's row, or -1 if the client is unknown."""
        row = int(self.clients.searchsorted(client))
        return row if row < len(self.clients) and self.clients[row] == client else -1


def write_history(
    directory: Path,
    clients: npt.NDArray[np.int64],
    values: npt.NDArray[np.float32],
    names: tuple[str, ...],
    as_of: date,
) -> Path:
    """Write clients [N] with their features [N, h], h > 0, to a file.

    The file is replaced atomically: readers see either the old one or the new one.
    """
    order = np.argsort(clients, kind="stable")
    flat = pa.array(np.ascontiguousarray(values[order], np.float32).ravel())
    schema = pa.schema(
        [("SK_ID_CURR", pa.int64()), ("features", pa.list_(pa.float32(), len(names)))],
        metadata={"credence": msgspec.json.encode(_Header(as_of, names))},
    )
    batch = pa.record_batch(
        [pa.array(clients[order], pa.int64()), pa.FixedSizeListArray.from_arrays(flat, len(names))], schema=schema
    )
    path = History.path_for(directory, names)
    unfinished = path.with_suffix(".unfinished")
    with pa.OSFile(str(unfinished), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch)
    return unfinished.rename(path)
