"""Turns requests into values: frames of the log, outcomes, and how much of a log has arrived. Pure."""
