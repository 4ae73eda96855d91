from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.log.shipper import Shipper
from serving.predictor.metrics import Metrics
from tests.metrics_page import documented, told


def test_page_lists_what_a_predictor_tells(site: Any, application: dict[str, Any], tensors: Callable[..., Any]) -> None:
    metrics = Metrics()
    metrics.watch(site.log, Shipper(site.log, "http://monitor"))
    site.app._metrics = site.service._metrics = metrics
    site.service.serve(site.service.model)
    site.call("POST", "/v2/models/credit-default/infer", {"inputs": tensors(application)})
    assert told(site.call("GET", "/metrics").text) == documented("Predictor")
