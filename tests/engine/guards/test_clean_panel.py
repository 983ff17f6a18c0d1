"""What models do not learn from: neither in a training nor on newer data."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.registry import algorithm, condition, refit
from forecast_service.engine.train import train

from ..panels import future_of, make_panel

CONFIG = FitConfig(horizon=14)


@pytest.mark.parametrize("refits", [False, True])
def test_newer_data_are_learned_without_their_absurd_days(refits: bool) -> None:
    absurd, unknown = make_panel(n_days=120), make_panel(n_days=120)
    absurd.target[1, 110] *= 1000
    unknown.target[1, 110] = np.nan
    fitted = algorithm("pooled").fit(absurd.before(100), CONFIG)

    learned, expected = (
        refit("pooled", fitted, panel, np.array([1]), CONFIG)
        if refits
        else condition("pooled", fitted, panel)
        for panel in (absurd, unknown)
    )

    future = future_of(absurd)
    assert np.array_equal(learned.mean(future), expected.mean(future))


@pytest.mark.parametrize("name", ["auto", "seasonal_naive"])
def test_accuracy_does_not_count_the_silence_of_a_dead_store(name: str) -> None:
    panel = make_panel(n_series=4, n_days=200, closes=False)
    panel.target[1, -80:] = 0

    assert train(name, panel, CONFIG).windows[0].item_count == 3
