"""Triton's HTTP client, in a process of its own: it works with inputs as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import json, sys
import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

host, admin = sys.argv[1:]
client = triton.InferenceServerClient(host)

def tensor(name, datatype, values, **options):
    infer_input = triton.InferInput(name, list(values.shape), datatype)
    infer_input.set_data_from_numpy(values, **options or {"binary_data": False})
    return infer_input

def refusal(inputs):
    try:
        client.infer("credit-default", inputs)
    except InferenceServerException as error:
        return str(error)

inputs = [
    tensor("AMT_INCOME_TOTAL", "FP64", np.array([[135_000.0], [50_000.0]])),
    tensor("CNT_CHILDREN", "INT64", np.array([[2], [0]])),
    tensor("CODE_GENDER", "BYTES", np.array([["F"], ["M"]], dtype=object)),
]
everything = client.infer("credit-default", inputs, request_id="from-triton")
chosen = [triton.InferRequestedOutput("classe", binary_data=False)]
decisions = client.infer("credit-default", inputs, outputs=chosen, model_version="2")
why = [triton.InferRequestedOutput("explications_locales")]
explained = client.infer("credit-default", inputs, outputs=why)
print(json.dumps({
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model_ready": client.is_model_ready("credit-default"),
    "other_ready": client.is_model_ready("other"),
    "server": client.get_server_metadata()["name"],
    "inputs": len(client.get_model_metadata("credit-default")["inputs"]),
    "id": everything.get_response()["id"],
    "probability": everything.as_numpy("probabilite_de_defaut").tolist(),
    "decision": everything.as_numpy("classe").tolist(),
    "only": [each["name"] for each in decisions.get_response()["outputs"]],
    "index": triton.InferenceServerClient(admin).get_model_repository_index(),
    "explained": [json.loads(text) for text in explained.as_numpy("explications_locales").tolist()],
    "refused": refusal(inputs[1:]),
    "binary": refusal([tensor("AMT_INCOME_TOTAL", "FP64", np.array([50_000.0]), binary_data=True)]),
}))
"""


@pytest.fixture(scope="module")
def result(predictor: Any) -> Any:
    hosts = [f"127.0.0.1:{port}" for port in (predictor.port, predictor.admin_port)]
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, *hosts]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_triton_client_is_answered(result: Any) -> None:
    assert result["decision"] == ["refuse" if value >= 0.12 else "accepte" for value in result["probability"]]
    assert len(result["decision"]) == 2
    assert result["id"] == "from-triton"
    assert result["only"] == ["classe"]


def test_triton_client_is_told_why(result: Any) -> None:
    assert len(result["explained"]) == 2
    for told in result["explained"]:
        assert told["base"] + sum(told["by_reason"].values()) == pytest.approx(told["margin"], abs=1e-6)


def test_triton_client_sees_server_and_model(result: Any) -> None:
    assert (result["live"], result["ready"], result["model_ready"], result["other_ready"]) == (True, True, True, False)
    assert (result["server"], result["inputs"]) == ("credence", 10)


def test_triton_client_reads_the_repository(result: Any) -> None:
    assert result["index"] == [{"name": "credit-default", "version": "2", "state": "READY"}]


def test_triton_client_shows_our_error(result: Any) -> None:
    assert "AMT_INCOME_TOTAL: expected a value" in result["refused"]


def test_triton_client_is_told_that_binary_is_refused(result: Any) -> None:
    assert "binary tensors are not accepted" in result["binary"]
    assert "binary_data=False" in result["binary"]
