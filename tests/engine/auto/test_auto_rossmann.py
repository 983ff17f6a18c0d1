"""Auto on the real chain: as accurate as promised, with the right coverage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecast_service.engine import metrics
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.auto.auto_algorithm import fit_with_backtest

from ..rossmann import real_chain

pytestmark = [pytest.mark.rossmann, pytest.mark.slow]

LEVELS = tuple(tenths / 10 for tenths in range(1, 10))
HORIZON = 48


def test_the_newest_window_of_the_chain_is_accurate_and_honest(rossmann: Path) -> None:
    panel = real_chain(rossmann)
    cutoff = panel.n_periods - HORIZON
    config = FitConfig(horizon=HORIZON, quantiles=LEVELS, backtest_windows=2)
    actual = panel.target[:, cutoff:]

    fitted, _ = fit_with_backtest(panel.before(cutoff), config)
    values = fitted.forecast(panel.known_between(cutoff, panel.n_periods), LEVELS)

    by_level = {level: values[:, :, place] for place, level in enumerate(LEVELS)}
    is_open = values[:, :, -1] > values[:, :, 0]
    inside = (actual >= values[:, :, 0]) & (actual <= values[:, :, -1])
    assert metrics.wape(actual, by_level[0.5]) <= 0.080
    assert metrics.average_wql(actual, by_level) <= 0.062
    assert inside[is_open].mean() == pytest.approx(0.8, abs=0.05)
    coverages = [fact["coverage"]["p10-p90"] for fact in fitted.facts]
    measured = np.average(
        [each["measured"] for each in coverages], weights=[each["days"] for each in coverages]
    )
    assert measured == pytest.approx(0.8, abs=0.02)
