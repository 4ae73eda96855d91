from __future__ import annotations

import httpx

from tests.metrics_page import documented, told
from tests.serving.explainer.conftest import APPLICATION, Explainer


def test_page_lists_what_an_explainer_tells(explainer: Explainer) -> None:
    explainer.explain(APPLICATION)
    # what nobody asked for yet is told without its labels
    explainer.post("/v1/models/credit-default:predict", {"instances": [APPLICATION]})
    assert told(httpx.get(f"{explainer.url}/metrics").text) == documented("Explainer")
