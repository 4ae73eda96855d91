"""Applicants that a picture or a figure judges a model on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Judged:
    """Applicants [n] whose outcome is known, as the calibrated model sees them."""

    outcome: NDArray[np.bool_]
    probability: NDArray[np.float64]
    weight: NDArray[np.float64]
    """How many applicants each stands for."""
