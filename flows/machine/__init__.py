"""The platform on one machine: its processes, their commands, and their status.

Other packages decide which version is live.
"""
