"""The explainer's client: one decision in full, with a rule that settles it and what would turn it."""

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
    """Reasons, anchor and counterfactual of one application by the version that answered it. Raises StepFailed."""
    url = f"{settings.explainer_url}/v1/models/{manifest.model}:explain"
    named = {each["name"]: each["data"][0] for each in to_inputs([application], manifest)}
    asked = {"instances": [named], "parameters": {"version": version, "anchor": True, "counterfactual": True}}
    try:
        response = httpx.post(url, json=asked, timeout=_SECONDS)
    except httpx.HTTPError as error:
        raise StepFailed(f"the explainer does not answer at {url}: {error}") from error
    if response.status_code != 200:
        raise StepFailed(f"the explainer does not explain: {response.text[:300]}")
    (explained,) = response.json()["explanations"]
    found: dict[str, Any] = explained
    return found
