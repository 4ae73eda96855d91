"""A synthetic lender: the raw tables, drawn from published statistics of real tables.

This package holds the statistics (`profile.json`), the generator and the module that writes files. Reading raw tables
does not belong here, because synthetic files are read like all others.
"""

from __future__ import annotations

from training.synthetic.write import SynthesisError, synthesise

__all__ = ["SynthesisError", "synthesise"]
