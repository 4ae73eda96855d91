"""Training turns raw tables into a bundle: reading, features, candidates, policy, evaluation, reports, the registry.

Other packages may import only `training.bundle`. Answering applications does not belong here.
"""
