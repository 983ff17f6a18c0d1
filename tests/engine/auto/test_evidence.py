"""Evidence: weights, calibration, coverage of a combination, learned on other days than tested."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.auto.calibration import GRID, SCORES
from forecast_service.engine.auto.evidence import Evidence
from forecast_service.engine.backtest import Backtest
from forecast_service.engine.backtest import TestedWindow as Window
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import FloatArray

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 28
START = np.datetime64("2015-01-01T00:00:00", "s")


def windows(n: int, count: int, *, noise: float, seed: int = 1) -> list[FloatArray]:
    """Sales (n, horizon) around 100 in each of the windows."""
    random = np.random.default_rng(seed)
    return [100 + random.normal(0, noise, (n, HORIZON)) for _ in range(count)]


def member(actuals: list[FloatArray], centre: float, spread: float = 10.0) -> Backtest:
    """The backtest of a member that always forecasts normal(centre, spread)."""
    n = len(actuals[0])
    tested = [
        Window(
            cutoff=100 - HORIZON * place,
            start=START,
            end=next_periods(START, "D", HORIZON)[-1],
            actual=actual,
            quantiles=np.broadcast_to(centre + spread * SCORES, (*actual.shape, len(GRID))),
            mean=np.full(actual.shape, centre),
            history=np.full((n, 10), 100.0),
            season_length=7,
        )
        for place, actual in enumerate(actuals)
    ]
    return Backtest(tuple((str(row),) for row in range(n)), GRID, tuple(tested), ())


def test_the_member_that_is_right_gets_the_weight() -> None:
    actuals = windows(20, 2, noise=10)

    learned = Evidence([member(actuals, 100), member(actuals, 160)]).learn()

    assert learned.common_weights.tolist() == [1, 0]
    assert (learned.weights[:, 0] >= 0.9).all()


def test_two_members_on_either_side_share_the_weight() -> None:
    actuals = windows(20, 2, noise=10)

    learned = Evidence([member(actuals, 70), member(actuals, 130)]).learn()

    assert learned.common_weights == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("noise", [4.0, 25.0])
@pytest.mark.parametrize("count", [1, 2])
def test_the_coverage_is_nominal_although_the_members_have_a_wrong_spread(
    noise: float, count: int
) -> None:
    actuals = windows(60, count, noise=noise)

    tested, coverage, _ = Evidence([member(actuals, 100), member(actuals, 100)]).backtest(LEVELS)

    assert coverage is not None
    assert coverage.nominal == 0.8
    assert coverage.days.tolist() == [HORIZON * count] * 60
    assert coverage.measured.mean() == pytest.approx(0.8, abs=0.02)
    inside = [
        (w.actual >= w.quantiles[:, :, 0]) & (w.actual <= w.quantiles[:, :, 2])
        for w in tested.windows
    ]
    assert np.allclose(np.mean(np.concatenate(inside, axis=1), axis=1), coverage.measured)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_part_is_forecast_with_what_the_others_taught(count: int) -> None:
    actuals = windows(10, count, noise=10)
    shocked = [actual.copy() for actual in actuals]
    own = slice(None) if count > 1 else np.arange(HORIZON) // 7 % 2 == 0
    shocked[0][:, own] = shocked[0][:, own] * 5 + 1000

    before, *_ = Evidence([member(actuals, 95), member(actuals, 120)]).backtest(LEVELS)
    after, *_ = Evidence([member(shocked, 95), member(shocked, 120)]).backtest(LEVELS)

    first = before.windows[0].quantiles[:, own], after.windows[0].quantiles[:, own]
    assert np.array_equal(*first)
    assert np.array_equal(before.windows[0].mean[:, own], after.windows[0].mean[:, own])


def test_nothing_to_learn_from_gives_equal_weights_and_no_calibration() -> None:
    nothing = Backtest((("0",), ("1",)), GRID, (), ())

    evidence = Evidence([nothing, nothing])
    learned = evidence.learn()

    assert learned.weights.tolist() == [[0.5, 0.5]] * 2
    assert learned.calibration is None
    assert evidence.backtest(LEVELS)[1] is None


def test_unknown_and_infinite_days_do_not_count() -> None:
    actuals = windows(10, 2, noise=10)
    actuals[0][0, :5], actuals[0][1, :5] = np.nan, np.inf

    _, coverage, _ = Evidence([member(actuals, 100), member(actuals, 120)]).backtest(LEVELS)

    assert coverage is not None
    assert coverage.days[:3].tolist() == [2 * HORIZON - 5, 2 * HORIZON - 5, 2 * HORIZON]
