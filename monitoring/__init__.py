"""Watches the live model: it takes records of the model's answers and gives a verdict about the model.

The collector, its store, and everything that judges the stored records belong here. `serving` answers applications;
`flows` acts on a verdict.
"""
