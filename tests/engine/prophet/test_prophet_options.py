"""Prophet's other growths and modes against the package: no lower posterior, same forecast."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.panels import read_panel
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.registry import algorithm
from forecast_service.errors import InvalidData

from ..panels import future_of, make_panel, weekdays, with_target
from . import oracle

CONFIG = FitConfig(horizon=28)
PROPHET = algorithm("prophet")
LEVELS = (0.1, 0.5, 0.9)
ALLOWED = 1e-3  # by which the log posterior may be below Stan's
CONVERGED = 0.05  # gap of the log posterior below which Stan counts as converged
FLAT, TIMES = {"growth": "flat"}, {"seasonality_mode": "multiplicative"}
LOGISTIC = {"growth": "logistic", "cap": "700"}
PRIORS = {
    "changepoint_prior_scale": "0.5",
    "seasonality_prior_scale": "0.3",
    "holidays_prior_scale": "0.1",
    "n_changepoints": "7",
    "changepoint_range": "0.6",
}
CASES = [
    FLAT,
    TIMES,
    {**FLAT, **TIMES},
    LOGISTIC,
    {**LOGISTIC, "floor": "-50"},
    {**LOGISTIC, **TIMES},
    PRIORS,
    {**PRIORS, **TIMES},
    {"n_changepoints": "0"},
]


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Three histories of 400 days, all weekdays open: flat, growing and slowing down, broken."""
    days = 400
    plain = make_panel(3, days, closes=False)
    t = np.arange(days) / days
    growth = np.stack([np.ones(days), 2 / (1 + np.exp(-4 * (t - 0.4))), 1 + np.abs(t - 0.5)])
    return with_target(plain, plain.target * growth)


@pytest.fixture(scope="module")
def future(panel: Panel) -> KnownFuture:
    return future_of(panel, 28, closes=False)


@pytest.mark.quick(3)
@pytest.mark.parametrize("options", CASES, ids=lambda options: " ".join(options.values()))
def test_no_option_is_fitted_worse_than_by_stan(
    panel: Panel, future: KnownFuture, options: dict[str, str]
) -> None:
    fitted = PROPHET.fit(panel, replace(CONFIG, options=options))
    ours = fitted.forecast(future, LEVELS)

    assert fitted.notes == (None,) * 3
    for row in range(panel.n_series):
        judge = oracle.judge(panel, row, None, options)
        gap = judge.of_models(fitted.models, row) - judge.of_package()
        assert gap >= -ALLOWED, row
        if gap < CONVERGED:
            theirs = judge.forecast(future, row)
            assert_alike(compare(ours[row], theirs, float(panel.target[row].mean())))


@pytest.mark.slow
@pytest.mark.rossmann
@pytest.mark.parametrize("options", [FLAT, TIMES], ids=["flat", "multiplicative"])
def test_real_stores_are_fitted_at_least_as_well_as_by_stan(
    rossmann: Path, options: dict[str, str]
) -> None:
    """Only stores that were open on every weekday: for others we depart from Prophet."""
    files = {"sales": rossmann / "train.csv.gz", "future": rossmann / "future.csv.gz"}
    panel, future = read_panel(files)
    every = ~np.isnan(find_closing(panel).open_target(panel))
    weekday = weekdays(panel.timestamps)
    always = np.all([every[:, weekday == day].any(axis=1) for day in range(7)], axis=0)
    rows = np.flatnonzero(always)[:: max(1, int(always.sum()) // 12)][:12]
    panel, future = panel.take(rows), future.take(rows)
    fitted = PROPHET.fit(panel, replace(CONFIG, horizon=future.horizon, options=options))
    ours = fitted.forecast(future, LEVELS)
    sold = find_closing(panel).open_target(panel)

    differences, gaps = np.empty((12, 3)), np.empty(12)
    for row in range(panel.n_series):
        judge = oracle.judge(panel, row, None, options)
        gaps[row] = judge.of_models(fitted.models, row) - judge.of_package()
        is_open = future.covariates["open"][row] == 1
        theirs = judge.forecast(future, row)[is_open]
        differences[row] = compare(ours[row, is_open], theirs, float(np.nanmean(sold[row])))

    assert gaps.min() >= -ALLOWED
    assert_alike(differences.mean(axis=0))
    assert_alike(differences[gaps < CONVERGED].max(axis=0, initial=0.0))


def compare(ours: np.ndarray, theirs: np.ndarray, size: float) -> np.ndarray:
    """Relative differences of p10, p50 and p90. For p50: the mean difference per day over the
    mean sales; for the others: the difference of their means over the days."""
    edges = np.abs(ours.mean(axis=0) / theirs.mean(axis=0) - 1)
    edges[1] = np.abs(ours - theirs)[:, 1].mean() / size
    return edges


def assert_alike(differences: np.ndarray) -> None:
    assert differences[1] < 0.005
    assert max(differences[0], differences[2]) < 0.02


@pytest.mark.quick(1)
@pytest.mark.parametrize("options", [FLAT, {**TIMES, "n_changepoints": "0"}, LOGISTIC])
def test_the_package_takes_the_same_options(
    panel: Panel, future: KnownFuture, options: dict[str, str]
) -> None:
    config = replace(CONFIG, prophet_solver="stan", options=options)

    fitted = PROPHET.fit(panel.take([0]), config)

    judge = oracle.judge(panel, 0, None, options)
    theirs = judge.forecast(future, 0)
    assert_alike(compare(fitted.forecast(future.take([0]), LEVELS)[0], theirs, 100.0))
    parts = fitted.contributions(future.take([0]))
    assert np.allclose(
        np.sum(list(parts.values()), axis=0)[0], judge.model.predict(frame(judge, future))["yhat"]
    )


def frame(judge: oracle.Judge, future: KnownFuture):
    found = oracle.frame_of(future.timestamps, future.covariates, 0)
    return found.assign(cap=700.0) if judge.model.growth == "logistic" else found


def test_effects_multiply_the_trend(panel: Panel, future: KnownFuture) -> None:
    parts = PROPHET.fit(panel, replace(CONFIG, options=TIMES)).contributions(future)

    promoted = future.covariates["promo"][0] == 1
    share = (parts["promo"] / parts["trend"])[:, promoted]
    assert np.allclose(share, share[:, :1])
    assert share.min() > 0.2


def test_the_spread_of_a_multiplied_trend_grows_with_its_factor(panel: Panel) -> None:
    days = 200
    future = future_of(panel, days, closes=False)
    fitted = PROPHET.fit(panel, replace(CONFIG, options={**TIMES, "changepoint_prior_scale": "5"}))

    forecast = fitted.forecast(future, LEVELS)[2]

    width = (forecast[:, 2] - forecast[:, 1])[-14:]
    factor = fitted.models.factor(future.timestamps, future.covariates)[2, -14:]
    assert np.corrcoef(width, factor)[0, 1] > 0.95


@pytest.mark.parametrize("options", [TIMES, FLAT], ids=["multiplicative", "flat"])
def test_a_weekday_never_open_sells_like_the_mean_of_the_others(
    options: dict[str, str],
) -> None:
    panel = make_panel(1, 200)
    week = future_of(panel, 7, closes=False)

    effects = PROPHET.fit(panel, replace(CONFIG, options=options)).contributions(week)

    sunday = weekdays(week.timestamps) == 6
    weekly = effects["weekly"][0] / effects["trend"][0]
    assert weekly[sunday].item() == pytest.approx(weekly[~sunday].mean(), rel=1e-3, abs=1e-3)


def test_sales_of_closed_days_do_not_enter_the_fit() -> None:
    panel = make_panel(1, 200)
    closed = panel.covariates["open"] == 0
    odd = panel.target.copy()
    odd[0, np.flatnonzero(closed[0])[:1]] = np.nan

    plain, changed = PROPHET.fit(panel, CONFIG), PROPHET.fit(with_target(panel, odd), CONFIG)

    assert np.isnan(find_closing(panel).open_target(panel)[closed]).all()
    assert np.array_equal(plain.mean(future_of(panel)), changed.mean(future_of(panel)))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"epochs": "5"}, "'epochs' is not a training parameter of Prophet. Allowed are growth, "),
        ({"growth": "cubic"}, "'growth' is 'cubic'; it must be one of linear, flat, logistic."),
        ({"n_changepoints": "101"}, "is '101'; it must be a whole number from 0 to 100."),
        ({"n_changepoints": "2.5"}, "is '2.5'; it must be a whole number from 0 to 100."),
        ({"changepoint_range": "0"}, "is '0'; it must be a number above 0 and up to 1."),
        ({"holidays_prior_scale": "-1"}, "is '-1'; it must be a number above 0."),
        ({"changepoint_prior_scale": "inf"}, "is 'inf'; it must be a number above 0."),
        ({**LOGISTIC, "cap": "much"}, "'cap' is 'much'; it must be a number in units of the"),
        ({"growth": "logistic"}, "'cap' is missing; 'growth' logistic needs it. Give "),
        ({"cap": "5"}, "'cap' is allowed only with 'growth' logistic, not with linear."),
        ({**FLAT, "floor": "5"}, "'floor' is allowed only with 'growth' logistic, not with flat."),
        ({**LOGISTIC, "floor": "700"}, "'cap' is 700; it must be above 'floor', 700."),
        ({**LOGISTIC, **TIMES, "floor": "1"}, "'floor' cannot be combined with 'seasonality_mo"),
        ({**LOGISTIC, "n_changepoints": "0"}, "'n_changepoints' is 0; with 'growth' logistic it"),
    ],
)
def test_options_that_are_not_allowed_are_refused(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidData, match=re.escape(sentence)):
        ProphetOptions.parse(options)


@pytest.mark.parametrize(
    ("frequency", "periods", "seasons"),
    [("W", 160, {"yearly"}), ("M", 40, {"yearly"}), ("H", 480, {"weekly", "daily"}), ("W", 60, ())],
)
def test_seasons_follow_prophets_own_rules(frequency: str, periods: int, seasons: set[str]) -> None:
    before = np.datetime64("2012-12-31T00:00:00", "s")
    times = next_periods(before, frequency, periods + 12)
    days = times.astype(np.int64) / 86_400
    noise = np.random.default_rng(3).normal(0, 3, len(times))
    sold = 100 + 20 * np.sin(2 * np.pi * days / 365.25) + 9 * np.cos(2 * np.pi * days) + noise
    panel = Panel((("0",),), times[:periods], frequency, sold[None, :periods], {})
    future = KnownFuture(times[periods:], {})

    fitted = PROPHET.fit(panel, replace(CONFIG, horizon=12))

    judge = oracle.judge(panel, 0)
    gap = judge.of_models(fitted.models, 0) - judge.of_package()
    parts = fitted.contributions(future)
    there = {name for name in ("yearly", "weekly", "daily") if parts.get(name, np.zeros(1)).any()}
    assert there == set(judge.model.seasonalities) == set(seasons)
    assert gap >= -ALLOWED
    if gap < CONVERGED:
        ours = fitted.forecast(future, LEVELS)[0]
        assert_alike(compare(ours, judge.forecast(future, 0), 100.0))
