"""A second toy model, so that both kinds of contributions are tested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.toy.fields import TOY_FIELDS, TOY_PRODUCT
from training.bundle import Bundle
from training.bundle.bundle import start
from training.candidates.logistic import FittedLogistic, Scale
from training.runs.assemble import assemble

ACTIONABLE = {"AMT_CREDIT", "NAME_INCOME_TYPE", "CNT_CHILDREN"}


@pytest.fixture(scope="session")
def linear_bundle(toy_bundle: Path) -> Bundle:
    """A logistic model of the toy bundle's features, with weights of chance, and some fields that can be changed."""
    toy = Bundle.open(toy_bundle)
    features = toy.manifest.features
    numbers = tuple(place for place, feature in enumerate(features) if not feature.levels)
    categories = tuple(place for place, feature in enumerate(features) if feature.levels)
    draw = np.random.default_rng(0).normal
    levels = tuple(draw(size=len(features[place].levels) + 1) for place in categories)
    scale = Scale.of(toy.features(toy.background())[:, numbers])
    slopes = np.abs(draw(size=len(numbers)))
    fitted = FittedLogistic(numbers, categories, scale, slopes, draw(size=len(numbers)), levels, -2.0)
    graph = assemble(TOY_PRODUCT, TOY_FIELDS, toy.manifest.history, features, fitted, toy.manifest.calibration)
    fields = tuple(replace(field, actionable=field.name in ACTIONABLE) for field in toy.manifest.fields)
    return Bundle(toy_bundle, replace(toy.manifest, family="logistic", fields=fields), start(graph))
