"""Why a decision, in full: reasons and contributions, and on request an anchor and a counterfactual.

Here belong the searches, the answer for one application, and KServe's server around them. It has a copy of the bundle
and never calls a predictor: an explanation is no decision and leaves no record. `anchor` alone imports Alibi, `server`
alone KServe. What the figures are made of is `serving.reasons`.
"""
