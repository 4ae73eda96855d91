"""The platform on one machine: its processes, what they are started with, and how they are.

Which version is live, and whether it may be, is not decided here.
"""
