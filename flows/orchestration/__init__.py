"""Runs under Prefect, which shows them, keeps them, and asks a person.

Here belong the flows, what they leave for a reader, and the worker that offers them; nothing else imports Prefect. What
a run does is a plain function elsewhere, the same that a command calls where no server is up.
"""
