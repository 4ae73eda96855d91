"""What runs before a predictor or an explainer in its pod: it brings the version that the pod serves.

Here belongs how KServe names a version and how long to wait for MLflow. Where bundles are published and how they are
fetched is `training.bundle.remote`.
"""
