"""Without the package of the trees: what cannot be done, and what auto does."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from forecast_service.engine.algorithm import CannotRefit
from forecast_service.engine.auto.auto_algorithm import fit_with_backtest
from forecast_service.engine.boosted.boosted_model import FittedBoosted
from forecast_service.engine.boosted.boosted_regression import Boosted
from forecast_service.engine.registry import load
from forecast_service.errors import ConfigurationError, InvalidData

from .chains import CONFIG, PAST


def test_a_model_with_trees_cannot_be_loaded_without_the_package(
    fitted: FittedBoosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = fitted.to_arrays()
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    with pytest.raises(InvalidData, match="needs the package 'lightgbm'"):
        load("boosted", arrays)


def test_a_refit_under_trees_needs_the_package(
    fitted: FittedBoosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    with pytest.raises(CannotRefit, match="needs the package 'lightgbm'"):
        Boosted().refit(fitted, PAST, np.array([0]), CONFIG)


def test_training_without_the_package_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    with pytest.raises(ConfigurationError, match=r"Install it .*or use another algorithm"):
        Boosted().fit(PAST.take([0]), CONFIG)


def test_auto_leaves_out_the_trees_if_the_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    auto, tested = fit_with_backtest(PAST.take([0, 1]), CONFIG)

    assert set(auto.facts[0]["members"]) <= {"pooled", "prophet", "seasonal_naive"}
    assert "apt-get install libgomp1" in tested.notes[-1]
