"""Days that are added up to weeks: how their errors go together, and the quantiles of the sum."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.totals.days import comovement_of_days
from forecast_service.engine.totals.past import Past
from forecast_service.engine.totals.sums import mean_of_quantiles, total

LEVELS = (0.1, 0.5, 0.9)
SCORES = np.array([-1.2815515655, 0.0, 1.2815515655])
SERIES, WEEKS = 400, 8


def errors(share: float, seed: int) -> FloatArray:
    """Errors of eight weeks in spreads; ``share`` of their variance is common to a week."""
    generator = np.random.default_rng(seed)
    common = generator.normal(size=(SERIES, WEEKS, 1)) * np.sqrt(share)
    own = generator.normal(size=(SERIES, WEEKS, 7)) * np.sqrt(1 - share)
    return (common + own).reshape(SERIES, WEEKS * 7)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_the_comovement_of_the_errors_is_found(share: float) -> None:
    measured = comovement_of_days([errors(share, 1)])

    assert measured is not None
    assert measured.mean() == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_four_of_five_weeks_are_within_the_quantiles_of_their_total(share: float) -> None:
    measured = comovement_of_days([errors(share, 2)])
    assert measured is not None
    medians = np.array([100.0, 90.0, 95.0, 100.0, 130.0, 180.0, 60.0])
    spreads = 0.15 * medians
    quantiles = (medians[:, None] + spreads[:, None] * SCORES)[:, :, None]

    means = mean_of_quantiles(quantiles, LEVELS)
    past = Past(np.zeros(7), float(measured.mean()))
    low, middle, high = total(quantiles, LEVELS, means, past)[:, 0]

    sums = (medians + spreads * errors(share, 3).reshape(-1, 7)).sum(axis=1)
    assert np.mean((low <= sums) & (sums <= high)) == pytest.approx(0.8, abs=0.06)
    assert np.mean(sums < middle) == pytest.approx(0.5, abs=0.06)


def test_a_series_with_few_weeks_is_drawn_toward_all() -> None:
    short = errors(0.3, 4)
    short[0] = np.tile([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], WEEKS)
    short[0, 7:] = np.nan

    measured = comovement_of_days([short])

    assert measured is not None
    assert measured[0] == pytest.approx(measured[1:].mean(), abs=0.1)


def test_too_little_evidence_gives_nothing() -> None:
    assert comovement_of_days([np.full((1, 14), np.nan)]) is None
    assert comovement_of_days([]) is None
