"""A synthetic lender: the seven raw tables, drawn from published statistics of real ones.

Here belong the statistics (`profile.json`), the generator made of them and the one module that writes files. What reads
raw tables does not: synthetic files are read like any others.
"""

from __future__ import annotations

from training.synthetic.write import SynthesisError, synthesise

__all__ = ["SynthesisError", "synthesise"]
