"""The examples in the docstrings of the engine are true."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest

MODULES = ["calendar", "filling", "metrics", "auto.weights"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    module = importlib.import_module(f"forecast_service.engine.{name}")

    result = doctest.testmod(module, extraglobs={"np": np})

    assert result.attempted > 0
    assert result.failed == 0
