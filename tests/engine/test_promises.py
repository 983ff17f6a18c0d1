"""The promises that every algorithm keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine import archive
from forecast_service.engine.algorithm import FitConfig, Fitted
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.registry import NAMES, algorithm, load
from forecast_service.errors import InvalidData, InvalidRequest

from .panels import future_of, make_panel, weekdays, with_row, with_target

LEVELS = (0.1, 0.5, 0.9)
CONFIG = FitConfig(horizon=14, quantiles=LEVELS)
PANEL = make_panel()
FUTURE = future_of(PANEL)
ODD = {
    "nothing known": np.nan,
    "one day known": np.where(np.arange(PANEL.n_periods) == 30, 50.0, np.nan),
    "five days known": np.where(np.arange(PANEL.n_periods) > 64, 50.0, np.nan),
    "constant": 50.0,
    "zero": 0.0,
    "returns": -20.0,
    "infinite": np.inf,
    "gap": np.where((np.arange(PANEL.n_periods) % 70) < 40, 50.0, np.nan),
    "huge": 1e12 * (1 + np.arange(PANEL.n_periods) % 7),
}
POOLING = ("auto", "boosted", "pooled")  # one series changes the shared effects of all others
OF_NEW = {name: name for name in ("boosted", "npts", "pooled", "tsb")} | {"auto": "boosted"}
FUTURE_OF_ODD = FUTURE.take([0, *[1] * len(ODD), 2])


@pytest.fixture(
    scope="module",
    params=[pytest.param(n, marks=pytest.mark.slow if n == "arima" else ()) for n in NAMES],
)
def name(request: pytest.FixtureRequest) -> str:
    """Each algorithm in turn, if its library is installed."""
    if request.param in ("arima", "ets"):
        pytest.importorskip("statsmodels")
    return request.param


@pytest.fixture(scope="module")
def fitted(name: str) -> Fitted:
    """The algorithm, fitted on an ordinary panel."""
    return algorithm(name).fit(PANEL, CONFIG)


@pytest.fixture(scope="module")
def odd(name: str) -> Fitted:
    """The algorithm, fitted on every kind of odd series between two ordinary ones."""
    rows = [0, *[1] * len(ODD), 2]
    panel = PANEL.take(rows)
    for row, values in enumerate(ODD.values(), start=1):
        panel = with_row(panel, row, values)
    keys = tuple((PANEL.keys[i][0], *([str(row)] * (i == 1))) for row, i in enumerate(rows))
    return algorithm(name).fit(replace(panel, keys=keys), CONFIG)


def test_forecast_has_a_row_per_series_and_a_value_per_day_and_quantile(fitted: Fitted) -> None:
    assert fitted.keys == PANEL.keys
    assert fitted.forecast(FUTURE, LEVELS).shape == (3, 14, 3)
    assert fitted.mean(FUTURE).shape == (3, 14)


def test_any_ascending_quantiles_can_be_forecast(fitted: Fitted) -> None:
    many = fitted.forecast(FUTURE, (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99))

    assert np.array_equal(many[:, :, [1, 3, 5]], fitted.forecast(FUTURE, LEVELS))


@pytest.mark.parametrize("levels", [(), (0.5, 0.1), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5)])
def test_impossible_quantiles_are_refused(fitted: Fitted, levels: tuple[float, ...]) -> None:
    with pytest.raises(InvalidRequest, match="between 0 and 1"):
        fitted.forecast(FUTURE, levels)


def test_quantiles_ascend_and_are_finite_and_never_negative(fitted: Fitted) -> None:
    values = fitted.forecast(FUTURE, LEVELS)

    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(values, axis=2) >= 0).all()
    assert (fitted.mean(FUTURE) >= 0).all()


def test_closed_days_are_exactly_zero_and_open_days_are_not(fitted: Fitted) -> None:
    sunday = weekdays(FUTURE.timestamps) == 6

    values = fitted.forecast(FUTURE, LEVELS)

    assert (values[:, sunday] == 0).all()
    assert (values[:, ~sunday, 1:] > 0).all()
    assert (fitted.mean(FUTURE)[:, sunday] == 0).all()


def test_forecast_is_near_the_actual_sales(fitted: Fitted) -> None:
    longer = make_panel(n_days=84)
    actual = longer.target[:, 70:]

    error = np.abs(fitted.mean(FUTURE) - actual).sum() / actual.sum()

    assert error < 0.25


@pytest.mark.parametrize("series", ["ordinary", "odd"])
def test_contributions_add_up_to_the_mean(fitted: Fitted, odd: Fitted, series: str) -> None:
    model, future = (fitted, FUTURE) if series == "ordinary" else (odd, FUTURE_OF_ODD)

    parts = model.contributions(future)

    assert np.allclose(sum(parts.values()), model.mean(future), rtol=1e-9, atol=1e-6)


def test_the_same_seed_gives_the_same_forecast(name: str, fitted: Fitted) -> None:
    again = algorithm(name).fit(PANEL, CONFIG)

    assert np.array_equal(again.forecast(FUTURE, LEVELS), fitted.forecast(FUTURE, LEVELS))


def test_fitting_leaves_the_panel_as_it_was(name: str) -> None:
    panel = make_panel()

    algorithm(name).fit(panel, CONFIG).forecast(FUTURE, LEVELS)

    assert np.array_equal(panel.target, PANEL.target)
    assert all(np.array_equal(panel.covariates[c], PANEL.covariates[c]) for c in panel.covariates)


def test_a_model_file_gives_the_same_forecast(name: str, fitted: Fitted, tmp_path) -> None:
    archive.save(tmp_path / "000.npz", fitted.to_arrays(), {"algorithm": name})
    arrays, meta = archive.load(tmp_path / "000.npz")

    loaded = load(meta["algorithm"], arrays)

    assert np.array_equal(loaded.forecast(FUTURE, LEVELS), fitted.forecast(FUTURE, LEVELS))
    assert np.array_equal(loaded.mean(FUTURE), fitted.mean(FUTURE))
    assert (loaded.keys, loaded.notes) == (fitted.keys, fitted.notes)
    assert (loaded.algorithms, loaded.until) == (fitted.algorithms, fitted.until)


def test_a_model_of_some_series_forecasts_as_the_whole_model(fitted: Fitted) -> None:
    rows = np.array([2, 0])

    few = fitted.take(rows, FUTURE)
    future = FUTURE.take(rows)

    assert few.keys == (PANEL.keys[2], PANEL.keys[0])
    assert (len(few.algorithms), len(few.notes)) == (2, 2)
    assert few.forecast(future, LEVELS) == pytest.approx(fitted.forecast(FUTURE, LEVELS)[rows])
    assert few.mean(future) == pytest.approx(fitted.mean(FUTURE)[rows])


def test_a_model_of_some_series_survives_as_arrays(name: str, fitted: Fitted) -> None:
    few = fitted.take(np.array([1]), FUTURE)

    loaded = load(name, few.to_arrays())

    future = FUTURE.take([1])
    assert np.array_equal(loaded.forecast(future, LEVELS), few.forecast(future, LEVELS))


def test_conditioning_on_the_same_data_changes_nothing(name: str, fitted: Fitted) -> None:
    again = algorithm(name).condition(fitted, PANEL)

    assert np.array_equal(again.forecast(FUTURE, LEVELS), fitted.forecast(FUTURE, LEVELS))


def test_conditioning_on_newer_data_moves_the_start_and_the_level(
    name: str, fitted: Fitted
) -> None:
    newer = make_panel(n_days=84)
    doubled = newer.target.copy()
    doubled[0, 70:] *= 2

    later = algorithm(name).condition(fitted, with_target(newer, doubled))
    future = future_of(newer)

    assert later.until == newer.timestamps[-1]
    usual = algorithm(name).condition(fitted, newer).mean(future).sum(axis=1)
    raised = later.mean(future).sum(axis=1)
    assert raised[0] > 1.05 * usual[0]
    assert np.allclose(raised[1:], usual[1:])


def test_conditioning_adds_new_series_and_drops_missing_ones(name: str, fitted: Fitted) -> None:
    panel = make_panel(n_series=4)
    changed = replace(panel, keys=(("1",), ("new",), ("2",), ("also new",)))

    later = algorithm(name).condition(fitted, changed)

    assert later.keys == changed.keys
    assert later.forecast(future_of(changed), LEVELS).shape == (4, 14, 3)
    assert later.algorithms[1] == OF_NEW.get(name, "seasonal_naive")


def test_the_future_of_the_target_does_not_reach_a_forecast(name: str) -> None:
    changed = PANEL.target.copy()
    changed[:, 56:] = 1e6

    before = algorithm(name).fit(PANEL.before(56), CONFIG)
    after = algorithm(name).fit(with_target(PANEL, changed).before(56), CONFIG)
    future = PANEL.known_between(56, 70)

    assert np.array_equal(before.forecast(future, LEVELS), after.forecast(future, LEVELS))


def test_odd_series_get_a_forecast_and_do_not_change_the_others(
    name: str, fitted: Fitted, odd: Fitted
) -> None:
    values = odd.forecast(FUTURE_OF_ODD, LEVELS)

    assert np.isfinite(values).all()
    assert (values >= 0).all()
    if name not in POOLING:
        assert np.array_equal(values[[0, -1]], fitted.forecast(FUTURE, LEVELS)[[0, 2]])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in POOLING])
def test_a_series_without_known_sales_gets_a_note(name: str) -> None:
    odd = algorithm(name).fit(with_row(PANEL, 1, np.nan), CONFIG)

    assert odd.notes == (None, "This series has no known sales: its forecast is 0.", None)
    assert (odd.forecast(FUTURE, LEVELS)[1] == 0).all()


def test_a_future_without_the_opening_days_is_refused(fitted: Fitted) -> None:
    without_open = KnownFuture(FUTURE.timestamps, {"promo": FUTURE.covariates["promo"]})

    with pytest.raises(InvalidData, match="'open' is missing"):
        fitted.forecast(without_open, LEVELS)


def test_periods_before_the_end_of_the_data_are_refused(fitted: Fitted) -> None:
    with pytest.raises(InvalidData, match="not in the future"):
        fitted.forecast(PANEL.known_between(60, 70), LEVELS)


def test_progress_reaches_the_end_and_never_goes_back(name: str) -> None:
    shares: list[float] = []

    algorithm(name).fit(PANEL, CONFIG, lambda share, note: shares.append(share))

    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_a_panel_of_one_series_and_one_day_gets_a_forecast(name: str) -> None:
    panel: Panel = make_panel(1, 1)

    values = algorithm(name).fit(panel, CONFIG).forecast(future_of(panel), LEVELS)

    assert values.shape == (1, 14, 3)
    assert np.isfinite(values).all()
