"""Runs under Prefect, which shows them, stores them, and asks a person for decisions.

The flows, their artifacts and the worker that runs them belong here; no other package imports Prefect. The work of a
run is a plain function in another package. If no server is up, a command calls that function directly.
"""
