"""KServe's own client, in a process of its own: it works with inputs as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import asyncio, json, sys
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

url, application = sys.argv[1], json.loads(sys.argv[2])

def tensor(name, datatype, value, binary=False):
    dtype = {"FP64": np.float64, "INT64": np.int64, "BYTES": np.object_}[datatype]
    infer_input = InferInput(name=name, shape=[1], datatype=datatype)
    infer_input.set_data_from_numpy(np.array([value], dtype=dtype), binary_data=binary)
    return infer_input

async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=1))
    inputs = [tensor(*each) for each in application]
    request = InferRequest(model_name="credit-default", infer_inputs=inputs, request_id="from-kserve")
    answer = await client.infer(url, request, model_name="credit-default")
    why = [RequestedOutput(name="explications_locales")]
    request = InferRequest(model_name="credit-default", infer_inputs=inputs, request_outputs=why)
    explained = await client.infer(url, request, model_name="credit-default")
    binary = tensor("AMT_INCOME_TOTAL", "FP64", 135_000.0, binary=True)
    refused = []
    for wrong in ({"inputs": []}, InferRequest(model_name="credit-default", infer_inputs=[binary])):
        try:
            await client.infer(url, wrong, model_name="credit-default")
        except Exception as error:
            refused.append(str(error))
    print(json.dumps({
        "ready": await client.is_server_ready(url),
        "live": await client.is_server_live(url),
        "model_ready": await client.is_model_ready(url, "credit-default"),
        "id": answer.id,
        "probability": answer.outputs[0].as_numpy().tolist(),
        "decision": answer.outputs[1].as_numpy().tolist(),
        "parameters": sorted(answer.parameters),
        "explained": json.loads(explained.outputs[0].as_numpy()[0]),
        "refused": refused,
    }))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def result(predictor: Any) -> Any:
    application = [
        ("AMT_INCOME_TOTAL", "FP64", 135_000.0),
        ("CNT_CHILDREN", "INT64", 2),
        ("EXT_SOURCE_1", "FP64", 0.5),
        ("CODE_GENDER", "BYTES", "F"),
        ("SK_ID_CURR", "INT64", 100_001),
    ]
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, predictor.url, json.dumps(application)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_kserve_client_is_answered(result: Any) -> None:
    (probability,), (decision,) = result["probability"], result["decision"]
    assert decision == ("refuse" if probability >= 0.12 else "accepte")
    assert result["id"] == "from-kserve"
    assert {"model_version", "record_ids", "history"} <= set(result["parameters"])


def test_kserve_client_is_told_why(result: Any) -> None:
    told = result["explained"]
    assert told["base"] + sum(told["by_reason"].values()) == pytest.approx(told["margin"], abs=1e-6)


def test_kserve_client_sees_readiness(result: Any) -> None:
    assert result["live"]
    assert result["ready"]
    assert result["model_ready"]


def test_kserve_client_shows_our_error(result: Any) -> None:
    assert "inputs: expected one tensor or more" in result["refused"][0]


def test_kserve_client_is_told_that_binary_is_refused(result: Any) -> None:
    assert "binary_data=False" in result["refused"][1]
