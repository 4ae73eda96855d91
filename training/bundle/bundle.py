"""A bundle on disk: opening it, running its graph, and reading its rows for checks, comparisons and explanations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pyarrow as pa
import pyarrow.parquet

from training.bundle import manifest as manifests
from training.bundle.manifest import BundleError, Manifest
from training.bundle.rows import Rows

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """`probability` [n] calibrated and `margin` [n] before calibration, both float64."""

    probability: Floats
    margin: Floats


@dataclass(frozen=True)
class Bundle:
    """An opened bundle; safe to share between threads."""

    path: Path
    manifest: Manifest
    session: onnxruntime.InferenceSession

    @classmethod
    def open(cls, path: Path) -> Bundle:
        """Read and check a bundle's manifest and graph. Raises BundleError with the file and the fault."""
        try:
            manifest = manifests.decode((path / "bundle.json").read_bytes())
        except OSError as error:
            raise BundleError(f"{path} is not a bundle: bundle.json cannot be read ({error.strerror})") from error
        session = start(path / "model.onnx")
        widths = {
            "numeric": len(manifest.numeric),
            "categorical": len(manifest.categorical),
            "history": len(manifest.history),
        }
        inputs = {node.name: node.shape[1] for node in session.get_inputs()}
        if inputs != widths:
            raise BundleError(f"model.onnx takes {inputs}, bundle.json describes {widths}: they are not of one run")
        return cls(path, manifest, session)

    def score(self, rows: Rows) -> Scores:
        """Score applications. A row gets the same bits alone, in any batch and in any order."""
        probability, margin = self.session.run(["probability", "margin"], rows.tensors())
        return Scores(probability, margin)

    def features(self, rows: Rows) -> npt.NDArray[np.float32]:
        """The matrix [n, m] that the model sees for these rows."""
        matrix: npt.NDArray[np.float32] = self.session.run(["features"], rows.tensors())[0]
        return matrix

    def contributions(self, rows: Rows) -> Floats:
        """Exact contributions [n, m + 1] of each feature to the margin, with the base value last.

        Each row sums to its margin. Boosters: path-dependent TreeSHAP (Lundberg et al. 2020) as LightGBM computes it.
        Linear models: coefficient times value, from the graph itself. Raises BundleError if the bundle has neither, or
        if `model.txt` has other features.
        """
        outputs = {node.name for node in self.session.get_outputs()}
        if "contributions" in outputs:
            parts: Floats = self.session.run(["contributions"], rows.tensors())[0]
            return parts
        import lightgbm  # only explanations need it; the predictor's image does not contain it

        try:
            values = self._booster.predict(self.features(rows), pred_contrib=True, num_threads=1)
        except lightgbm.basic.LightGBMError as error:
            raise BundleError(f"{self.path / 'model.txt'} gives no contributions: {error}") from error
        return np.asarray(values, np.float64)

    def by_reason(self, contributions: Floats) -> Floats:
        """Contributions [n, m + 1] summed by reason, in the manifest's order: [n, number of reasons]."""
        codes = [reason.code for reason in self.manifest.reasons]
        belongs = np.zeros((len(self.manifest.features), len(codes)))
        for i, feature in enumerate(self.manifest.features):
            belongs[i, codes.index(feature.reason)] = 1
        return contributions[:, :-1] @ belongs

    @property
    def training_ids(self) -> npt.NDArray[np.uint64]:
        """`hash_clients` of all clients that the model learned from, ascending."""
        return np.frombuffer((self.path / "training_ids").read_bytes(), "<u8")

    def learned_from(self, clients: Iterable[int | str]) -> npt.NDArray[np.bool_]:
        """For each client [n], whether the model learned from it.

        A client without a number is identified by its record's id.
        """
        return np.isin(hash_clients(clients), self.training_ids)

    def replay(self) -> tuple[Rows, Floats]:
        """The replay applications, with the probabilities [n] that training computed for them."""
        table = self._table("replay.parquet")
        return Rows.from_table(table, self.manifest), table.column("probability").to_numpy()

    def reference(self) -> pa.Table:
        """Hold-out rows for comparison with live rows: fields, `probability`, `outcome` and `weight`.

        If the outcome is not known, `outcome` and `weight` are null. The weight of a row is the number of applicants
        that it stands for.
        """
        return self._table("reference.parquet")

    def background(self) -> Rows:
        """Training rows that explanations sample from."""
        return Rows.from_table(self._table("background.parquet"), self.manifest)

    def check_replay(self) -> None:
        """Score the replay applications again. Raises BundleError if an answer differs from training's."""
        rows, expected = self.replay()
        actual = self.score(rows).probability
        threshold = self.manifest.policy.threshold
        worst = float(np.abs(actual - expected).max())
        if worst > 1e-6 or ((actual >= threshold) != (expected >= threshold)).any():
            raise BundleError(
                f"{self.path} does not answer as it did when it was trained: over {len(rows)} replayed applications "
                f"the largest difference in probability is {worst:.2e}, expected at most 1e-6 and no other decision"
            )

    @cached_property
    def _booster(self) -> Any:  # lightgbm ships no types
        import lightgbm

        return lightgbm.Booster(model_file=str(self.path / "model.txt"))

    def _table(self, name: str) -> pa.Table:
        try:
            return pyarrow.parquet.read_table(self.path / name)
        except (OSError, pa.ArrowException) as error:
            raise BundleError(f"{self.path / name} cannot be read: {error}") from error


def start(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """Load a graph to run on one thread; with more threads, a row's bits depend on its batch. Raises BundleError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a dozen unrelated classes and exports no common base
        raise BundleError(f"the graph {graph if isinstance(graph, Path) else ''} cannot be loaded: {error}") from error


def hash_clients(clients: Iterable[int | str]) -> npt.NDArray[np.uint64]:
    """One 64-bit hash per client [n]. The hashes prove which clients were not learned from, without listing clients.

    An integer is a client number; a text is the id of a record without a client number. A number and a text never
    share a hash input.
    """
    names = (f"record {client}" if isinstance(client, str) else str(int(client)) for client in clients)
    return np.frombuffer(b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names), "<u8")
