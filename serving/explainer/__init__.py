"""Full explanations of decisions: reasons and contributions, and on request an anchor and a counterfactual.

This package holds the searches, the answer for one application, and KServe's server around them. The explainer has its
own copy of the bundle and never calls a predictor: an explanation is not a decision and is not recorded. Only `anchor`
imports Alibi, and only `server` imports KServe. `serving.reasons` computes the figures.
"""
