"""Training turns raw tables into a bundle: reading, features, candidates, policy, evaluation, reports, the registry.

Other packages may import only `training.bundle`. Answering applications does not belong here.
"""

import os

# ONNX Runtime sends events to its maker if this is not set when it is imported. Bundles are opened in each of our
# processes, and none of them may send anything to others.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
