"""The predictor: a fast server that decides on applications and records each decision.

This package holds the HTTP application, the live version and the server process. The protocol is in `serving.protocol`,
the prediction log in `serving.log`, and the explanation of decisions in `serving.explainer`.
"""
