"""An MLServer model that joins named tensors; one [n, m] is what MLServer's own LightGBM runtime takes."""

from __future__ import annotations

import lightgbm
import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import get_model_uri


class Joined(MLModel):
    """One tensor a feature in; those that are left out are missing."""

    async def load(self) -> bool:
        self._booster = lightgbm.Booster(model_file=await get_model_uri(self.settings))
        self._places = {feature: place for place, feature in enumerate(self._booster.feature_name())}
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        row = np.full((1, len(self._places)), np.nan, np.float32)
        for tensor in payload.inputs:
            row[0, self._places[tensor.name]] = tensor.data[0]
        output = NumpyCodec.encode_output("predict", self._booster.predict(row))
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=[output])
