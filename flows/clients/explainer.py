"""The explainer's client: one decision with its reasons, anchor and counterfactual."""

from __future__ import annotations

from typing import Any

import httpx

from flows.clients.predictor import Application, to_inputs
from flows.errors import StepFailed
from flows.settings import PlatformSettings
from training.bundle import Manifest

_SECONDS = 60.0


def explain_decision(
    settings: PlatformSettings, application: Application, manifest: Manifest, version: str
) -> dict[str, Any]:
    """Reasons, anchor and counterfactual of one application, from the version that answered it. Raises StepFailed."""
    url = f"{settings.explainer_url}/v1/models/{manifest.model}:explain"
    named = {each["name"]: each["data"][0] for each in to_inputs([application], manifest)}
    content = {"instances": [named], "parameters": {"version": version, "anchor": True, "counterfactual": True}}
    try:
        response = httpx.post(url, json=content, timeout=_SECONDS)
    except httpx.HTTPError as error:
        raise StepFailed(f"the explainer does not answer at {url}: {error}") from error
    if response.status_code != 200:
        raise StepFailed(f"the explainer does not explain: {response.text[:300]}")
    (explained,) = response.json()["explanations"]
    explanation: dict[str, Any] = explained
    return explanation
