"""Watches the live model: records of its answers in, a verdict about it out.

Here belong the collector with its store and everything that judges what is in it. Answering applications is `serving`;
doing something about a verdict is `flows`.
"""
