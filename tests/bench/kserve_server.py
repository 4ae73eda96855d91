"""A KServe `ModelServer`: the booster as KServe's own LightGBM server runs it, and a model that joins named tensors.

`python -m tests.bench.kserve_server --booster FILE --http_port N --enable_grpc false`; `--tuned` logs no requests.
"""

from __future__ import annotations

import argparse
import logging

import kserve
import lightgbm
import numpy as np
from kserve.utils.utils import get_predict_input, get_predict_response


class Stock(kserve.Model):
    """One tensor [n, m] in, probabilities out."""

    def __init__(self, name: str, booster: lightgbm.Booster) -> None:
        super().__init__(name)
        self._booster = booster
        self._places = {feature: place for place, feature in enumerate(booster.feature_name())}
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        return get_predict_response(payload, self._booster.predict(self._input(payload)), self.name)

    def _input(self, payload):
        return get_predict_input(payload)


class Joined(Stock):
    """One tensor a feature in; those that are left out are missing."""

    def _input(self, payload):
        row = np.full((1, len(self._places)), np.nan, np.float32)
        for tensor in payload.inputs:
            row[0, self._places[tensor.name]] = tensor.data[0]
        return row


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[kserve.model_server.parser])
    parser.add_argument("--booster", required=True)
    parser.add_argument("--tuned", action="store_true")
    arguments, _ = parser.parse_known_args()
    booster = lightgbm.Booster(params={"nthread": 1}, model_file=arguments.booster)
    server = kserve.ModelServer(workers=1)
    if arguments.tuned:
        for name in ("uvicorn.access", "kserve.trace"):
            logging.getLogger(name).disabled = True
    server.start([Stock("stock", booster), Joined("joined", booster)])
