"""Turns records and outcomes into figures, and figures into a judgement. Pure: no SQL, no HTTP, no clock."""
