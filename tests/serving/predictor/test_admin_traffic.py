"""A version is loaded under traffic without a failed request."""

from __future__ import annotations

import threading
from typing import Any

import httpx

INFER = "/v2/models/credit-default/infer"


def test_versions_change_under_traffic(start: Any, application: dict[str, Any], tensors: Any) -> None:
    process = start()
    process.wait_ready()
    answers: list[tuple[int, str, float]] = []
    done = threading.Event()
    contents = [{"inputs": tensors(*[application] * rows)} for rows in (1, 1, 100)]

    def ask(content: dict[str, Any]) -> None:
        with httpx.Client(base_url=process.url) as client:
            while not done.is_set():
                answer = client.post(INFER, json=content)
                body = answer.json()
                answers.append((answer.status_code, body["model_version"], body["outputs"][0]["data"][-1]))

    callers = [threading.Thread(target=ask, args=(content,)) for content in contents]
    for caller in callers:
        caller.start()
    for version in ["1", "2"] * 3:
        path = f"{process.admin_url}/v2/repository/models/credit-default/load"
        assert httpx.post(path, json={"parameters": {"version": version}}).status_code == 200
    done.set()
    for caller in callers:
        caller.join(20)
    assert {status for status, _, _ in answers} == {200}
    assert len({(version, probability) for _, version, probability in answers}) == 2
