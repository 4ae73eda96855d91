"""The gate decides if a version may replace another: it gathers evidence, and a pure function judges it."""
