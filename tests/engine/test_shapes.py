"""Data of many shapes: auto is at least as good as seasonal naive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forecast_service.engine import metrics
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.guards.dormancy import find_dormant
from forecast_service.engine.panel import Panel
from forecast_service.engine.periods.frequency import season_length
from forecast_service.engine.registry import algorithm

LEVELS = (0.1, 0.5, 0.9)
START = np.datetime64("2020-12-31", "s")
WEEK = np.array([0.9, 0.85, 0.9, 1.0, 1.2, 1.5, 0.7])
Random = np.random.Generator
Values = np.ndarray


def panel_of(frequency: str, target: Values, **covariates: Values) -> Panel:
    times = next_periods(START, frequency, target.shape[1])
    keys = tuple((str(row),) for row in range(len(target)))
    return Panel(keys, times, frequency, target, covariates)


def noisy(random: Random, n: int, periods: int, spread: float = 0.12) -> Values:
    """Series of different levels, with noise."""
    level = np.exp(random.normal(5, 0.6, (n, 1)))
    return level * np.exp(random.normal(0, spread, (n, periods)))


def weekly_pattern(frequency: str, periods: int) -> Values:
    days = next_periods(START, frequency, periods).astype("datetime64[D]").astype(int)
    return WEEK[(days + 3) % 7]


def wave(frequency: str, periods: int, strength: float = 0.3) -> Values:
    times = next_periods(START, frequency, periods)
    days = (times - times.astype("datetime64[Y]")).astype("timedelta64[D]").astype(float)
    return 1 + strength * np.sin(2 * np.pi * days / 365.25)


def plain_days(random: Random) -> Panel:
    return panel_of("D", noisy(random, 8, 300) * weekly_pattern("D", 300))


def eight_weeks_of_days(random: Random) -> Panel:
    return panel_of("D", noisy(random, 8, 70) * weekly_pattern("D", 70))


def one_store(random: Random) -> Panel:
    return panel_of("D", noisy(random, 1, 300) * weekly_pattern("D", 300))


def month_ends_and_growth(random: Random) -> Panel:
    days = next_periods(START, "D", 300).astype("datetime64[D]")
    left = ((days.astype("datetime64[M]") + 1).astype("datetime64[D]") - days).astype(int)
    pattern = (1 + 0.6 * (left <= 3)) * np.exp(np.arange(300) / 400)
    return panel_of("D", noisy(random, 8, 300) * pattern)


def sparse_items(random: Random) -> Panel:
    rate = np.exp(random.normal(-1.5, 0.7, (30, 1)))
    return panel_of("D", random.poisson(rate, (30, 200)).astype(float))


def outliers(random: Random) -> Panel:
    target = noisy(random, 8, 250) * weekly_pattern("D", 250)
    return panel_of("D", np.where(random.random(target.shape) < 0.01, 8 * target, target))


def opening_stores(random: Random) -> Panel:
    target = noisy(random, 10, 300) * weekly_pattern("D", 300)
    opens = np.linspace(0, 200, 10).astype(int)[:, None]
    return panel_of("D", np.where(np.arange(300) < opens, np.nan, target))


def shifted_levels(random: Random) -> Panel:
    target = noisy(random, 10, 300) * weekly_pattern("D", 300)
    when = random.integers(50, 250, (10, 1))
    factor = np.exp(random.normal(0, 0.5, (10, 1)))
    return panel_of("D", np.where(np.arange(300) >= when, factor, 1.0) * target)


def wandering_levels(random: Random) -> Panel:
    steps = random.normal(0, 0.1, (8, 120)).cumsum(axis=1)
    return panel_of("W", noisy(random, 8, 120, 0.02) * np.exp(steps))


def stores_that_ended(random: Random) -> Panel:
    target = noisy(random, 9, 300) * weekly_pattern("D", 300)
    target[:3, 200:] = 0
    return panel_of("D", target)


def a_lockdown(random: Random) -> Panel:
    target = noisy(random, 8, 400) * weekly_pattern("D", 400)
    opened = np.ones(target.shape)
    opened[:, 280:330] = 0
    target[:, 330:] *= 0.8
    return panel_of("D", target * opened, open=opened)


def weeks_with_a_year(random: Random) -> Panel:
    return panel_of("W", noisy(random, 8, 150) * wave("W", 150))


def weeks_with_promotions(random: Random) -> Panel:
    promo = (random.random((8, 120)) < 0.25).astype(float)
    return panel_of("W-FRI", noisy(random, 8, 120) * (1 + 0.5 * promo), promo=promo)


def few_weeks(random: Random) -> Panel:
    return panel_of("W", noisy(random, 8, 20))


def sparse_weeks(random: Random) -> Panel:
    rate = np.exp(random.normal(-0.8, 0.7, (30, 1)))
    return panel_of("W", random.poisson(rate, (30, 110)).astype(float))


def daily_curve(frequency: str, periods: int) -> Values:
    """A shop that sells nothing at night, busiest at 17 hours."""
    seconds = next_periods(START, frequency, periods).astype(int) % 86_400
    hour = seconds / 3_600
    return np.where((hour >= 8) & (hour < 20), 0.3 + np.exp(-((hour - 17) ** 2) / 18), 0)


def hours(random: Random) -> Panel:
    pattern = weekly_pattern("H", 24 * 35) * daily_curve("H", 24 * 35)
    return panel_of("H", noisy(random, 4, 24 * 35) * pattern)


def evenings(random: Random) -> Panel:
    times = next_periods(START, "H", 24 * 42)
    hour = times.astype(int) // 3_600 % 24
    busiest = np.array([13, 13, 18, 20, 22, 22, 13])[(times.astype(int) // 86_400 + 3) % 7]
    pattern = 0.2 + np.exp(-((hour - busiest) ** 2) / 8)
    return panel_of("H", noisy(random, 4, 24 * 42) * pattern)


def quarters_of_hours_with_promotions(random: Random) -> Panel:
    periods = 96 * 12
    promo = np.repeat(random.random((3, 12)) < 0.3, 96, axis=1).astype(float)
    pattern = daily_curve("15min", periods) * (1 + 0.5 * promo)
    return panel_of("15min", noisy(random, 3, periods) * pattern, promo=promo)


def minutes_around_the_clock(random: Random) -> Panel:
    seconds = next_periods(START, "min", 4_000).astype(int)
    return panel_of("min", noisy(random, 2, 4_000) * (2 + np.sin(seconds / 86_400 * 2 * np.pi)))


def half_days(random: Random) -> Panel:
    return panel_of("12H", noisy(random, 6, 300) * weekly_pattern("12H", 300))


def three_days(random: Random) -> Panel:
    return panel_of("3D", noisy(random, 8, 150) * weekly_pattern("3D", 150))


def fortnights_with_a_year(random: Random) -> Panel:
    return panel_of("2W", noisy(random, 8, 80) * wave("2W", 80))


def months_from_the_15th(random: Random) -> Panel:
    return panel_of("M@1970-01-15", noisy(random, 8, 48) * wave("M", 48))


def years(random: Random) -> Panel:
    return panel_of("Y", noisy(random, 8, 15, 0.03) * np.exp(np.arange(15) / 30))


SHAPES: dict[Callable[[Random], Panel], int] = {
    plain_days: 28,
    eight_weeks_of_days: 14,
    one_store: 28,
    month_ends_and_growth: 28,
    sparse_items: 28,
    outliers: 28,
    opening_stores: 28,
    shifted_levels: 28,
    wandering_levels: 6,
    stores_that_ended: 28,
    a_lockdown: 28,
    weeks_with_a_year: 13,
    weeks_with_promotions: 8,
    few_weeks: 4,
    sparse_weeks: 8,
    hours: 48,
    quarters_of_hours_with_promotions: 96,
    minutes_around_the_clock: 120,
    half_days: 28,
    three_days: 10,
    fortnights_with_a_year: 6,
    months_from_the_15th: 6,
    years: 2,
}
"""The horizon of each shape."""


def losses(name: str, panel: Panel, horizon: int) -> tuple[float, float]:
    """WAPE and average wQL over the last periods of a panel; dormant series are forecast as 0."""
    cutoff = panel.n_periods - horizon
    config = FitConfig(horizon, LEVELS, season_length(panel.frequency), backtest_windows=2)
    fitted = algorithm(name).fit(panel.before(cutoff), config)
    known = panel.known_between(cutoff, panel.n_periods)
    quantiles = fitted.forecast(known, LEVELS)
    quantiles[find_dormant(panel.before(cutoff), known)] = 0
    actual = panel.target[:, cutoff:]
    by_level = {level: quantiles[:, :, place] for place, level in enumerate(LEVELS)}
    return metrics.wape(actual, by_level[0.5]), metrics.average_wql(actual, by_level)


@pytest.mark.quick(5)
@pytest.mark.parametrize("make", SHAPES, ids=[make.__name__ for make in SHAPES])
def test_auto_is_at_least_as_good_as_seasonal_naive(make: Callable[[Random], Panel]) -> None:
    panel = make(np.random.default_rng(1))

    ours = losses("auto", panel, SHAPES[make])

    naive = losses("seasonal_naive", panel, SHAPES[make])
    assert ours[0] <= naive[0]
    assert ours[1] <= naive[1]


@pytest.mark.parametrize("name", ["pooled", "auto"])
def test_the_hours_of_each_weekday_are_learned(name: str) -> None:
    panel = evenings(np.random.default_rng(1))

    wape, _ = losses(name, panel, 48)

    assert wape < 0.15  # the noise alone gives 0.1
