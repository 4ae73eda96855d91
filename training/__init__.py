"""Raw tables in, a bundle out: reading, features, candidates, policy, evaluation, reports, the registry.

Its successors import `training.bundle` and nothing else of it. Answering applications does not belong here.
"""
