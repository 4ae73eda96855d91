"""The same row has the same bits alone, in any batch and in any order, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

INFER = "/v2/models/credit-default/infer"


def applications(count: int) -> list[dict[str, Any]]:
    random = np.random.default_rng(0)
    return [
        {
            "SK_ID_CURR": random.choice([100_001, 100_003, 7, None]),
            "AMT_INCOME_TOTAL": float(random.uniform(10_000, 500_000)),
            "AMT_CREDIT": random.choice([None, float(random.uniform(5_000, 1_000_000))]),
            "CNT_CHILDREN": int(random.integers(0, 6)),
            "DAYS_EMPLOYED": int(random.choice([365243, -1000, -20])),
            "EXT_SOURCE_1": float(random.random()),
            "EXT_SOURCE_2": random.choice([None, float(random.random())]),
            "NAME_INCOME_TYPE": random.choice(["Working", "Pensioner", "Étudiant", None]),
            "CODE_GENDER": random.choice(["F", "M", "XNA"]),
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def answered(predictor: Any, models: Any) -> Any:
    """Answers applications; their probabilities."""
    with httpx.Client(base_url=predictor.url, timeout=60) as client:

        def answer(inputs: list[dict[str, Any]]) -> list[float]:
            response = client.post(INFER, json={"inputs": inputs})
            assert response.status_code == 200, response.text
            data: list[float] = response.json()["outputs"][0]["data"]
            return data

        yield answer


def test_row_has_its_bits_anywhere(answered: Any, tensors: Any) -> None:
    rows = applications(300)
    together = answered(tensors(*rows))
    assert [answered(tensors(row))[0] for row in rows[:60]] == together[:60]
    assert answered(tensors(*rows[::-1])) == together[::-1]
    assert answered(tensors(*rows[100:164])) == together[100:164]
    assert len(set(together)) > 20


def test_large_batch_is_answered(answered: Any, tensors: Any) -> None:
    rows = applications(300) * 20
    assert answered(tensors(*rows)) == answered(tensors(*rows[:300])) * 20
