"""KServe's own client works against the explainer unchanged, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SCRIPT = """
import asyncio, json, sys
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

url, application = sys.argv[1], json.loads(sys.argv[2])

async def main():
    first = InferenceRESTClient(RESTConfig(protocol="v1", retries=1))
    explained = await first.explain(url, "credit-default", {"instances": [application]})
    second = InferenceRESTClient(RESTConfig(protocol="v2", retries=1))
    income = InferInput(name="AMT_INCOME_TOTAL", shape=[1], datatype="FP64")
    income.set_data_from_numpy(np.array([135000.0]), binary_data=False)
    request = InferRequest(model_name="credit-default", infer_inputs=[income], request_id="from-kserve")
    answer = await second.infer(url, request, model_name="credit-default")
    print(json.dumps({
        "explained": explained["explanations"][0]["reasons"],
        "ready": await second.is_model_ready(url, "credit-default"),
        "id": answer.id,
        "output": answer.outputs[0].as_numpy().tolist(),
    }))

asyncio.run(main())
"""


def test_kserve_client_is_explained(explainer: Any, application: dict[str, Any]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, explainer.url, json.dumps(application)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout.splitlines()[-1])
    assert (result["ready"], result["id"]) == (True, "from-kserve")
    assert result["explained"][0]["contribution"] > 0
    assert json.loads(result["output"][0])["version"] == "3"
