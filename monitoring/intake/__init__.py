"""Requests as values: frames of the log, outcomes, how much of a log has arrived. Pure."""
