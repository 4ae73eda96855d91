"""Where a version goes live, behind one interface; a module a place.

Which version deserves it, and what is done if it fails, is not decided here.
"""
