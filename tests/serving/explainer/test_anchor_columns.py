"""What a rule says of a field, asked where Alibi is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
ABSENT = """
import numpy as np
from serving.explainer.anchor import _column
from training.bundle import Field
values = np.full(5, np.nan, np.float32)
column = _column("AGE", "numeric", 0, Field(name="AGE", datatype="FP64", description=""), values)
print(*[column.condition(int(code)) for code in column.codes(np.array([3.0, np.nan]))], sep=", ")
"""


def test_field_that_the_background_never_has(python: Path) -> None:
    done = subprocess.run([python, "-c", ABSENT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("AGE is there, AGE is missing\n", 0)
