"""Whom a made-up lender is asked by."""

from __future__ import annotations

import numpy as np

from tests.toy.fields import TOY_HISTORY
from training.bundle import Rows


def toy_rows(count: int, seed: int = 0) -> Rows:
    """Applications of a made-up lender, with missing values, anomalies and unseen levels among them."""
    random = np.random.default_rng(seed)
    numeric = np.column_stack(
        [
            random.uniform(10_000, 500_000, count),
            random.uniform(5_000, 1_000_000, count),
            random.integers(0, 6, count),
            np.where(random.random(count) < 0.2, 365243, random.integers(-10_000, 1, count)),
            random.random((count, 3)),
        ]
    ).astype(np.float32)
    holes = random.random(numeric.shape) < 0.1
    holes[:, 0] = False
    numeric[holes] = np.nan
    kinds = random.choice(["Working", "Pensioner", "Étudiant", "", "Astronaut"], count)
    genders = random.choice(["F", "M", "XNA"], count)
    categorical = np.column_stack([kinds, genders]).astype(object)
    history = random.uniform(0, 100, (count, len(TOY_HISTORY))).astype(np.float32)
    history[random.random(count) < 0.3] = np.nan
    return Rows(numeric, categorical, history)
