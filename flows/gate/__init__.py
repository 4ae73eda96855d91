"""Whether a version may take another's place: the evidence, and a pure function that judges by it."""
