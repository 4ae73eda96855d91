"""The init container of a predictor or an explainer: it fetches the version that the pod serves.

This package reads KServe's name of a version and waits for MLflow. Publishing and fetching bundles is in
`training.bundle.remote`.
"""
