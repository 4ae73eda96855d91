"""Runs of training, serving and monitoring: a schedule, a verdict or a person starts them, and they put versions live.

The `credence` command, the platform on one machine and the places where a version can go live belong here. How a model
is trained, answers or is judged does not: flows call the public functions of the other packages for that.
"""
