"""The fast server: an application in, a decision out, a record of it kept.

Here belong the HTTP application, the loaded versions and the prediction log with its shipper. What the protocol's bytes
mean is `serving.protocol`; explaining a decision is `serving.explainer`.
"""
