"""A model with trees, fitted once."""

from __future__ import annotations

import pytest

from forecast_service.engine.boosted.boosted_model import FittedBoosted
from forecast_service.engine.boosted.boosted_regression import Boosted

from .chains import CONFIG, PAST


@pytest.fixture(scope="package")
def fitted() -> FittedBoosted:
    """A model with trees."""
    return Boosted().fit(PAST, CONFIG)
