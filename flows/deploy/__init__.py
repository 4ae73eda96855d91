"""The places where a version goes live, behind one interface; each place has a module.

Other packages decide which version goes live, and what happens if that fails.
"""
