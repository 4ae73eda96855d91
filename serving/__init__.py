"""Serving answers loan applications with decisions and records the answers.

This package holds the Open Inference Protocol, the predictor around a bundle, the explainer and the prediction log.
Training a model (`training`), evaluating its answers (`monitoring`) and running flows (`flows`) do not belong here.
Other packages may import only `serving.records`.
"""
