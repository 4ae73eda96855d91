"""Requests made from our own OpenAPI document, fitting and not, never make the predictor fail."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from serving.protocol import openapi
from training.bundle import Manifest

CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.mark.parametrize("mode", GenerationMode)
def test_documented_operations_hold(predictor: Any, manifest: Manifest, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_dict(openapi.describe(manifest, "credit-default", "2"))
    document.config.update(base_url=predictor.url)
    answered = 0
    for result in document.get_all_operations():
        operation = result.ok()
        if mode == GenerationMode.NEGATIVE and operation.method == "get":
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        def hold(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)

        hold()
        answered += 1
    assert answered >= 2
