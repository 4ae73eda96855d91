"""Runs of training, serving and monitoring: what a schedule, a verdict or a person starts, and what goes live.

Here belong the `credence` command, the platform on one machine and the places where a version can go live. How a model
is made, answers or is judged does not: flows call the public functions of the other packages and decide nothing of it.
"""
