"""Generated hourly demand of known structure: hours, weekdays, promotions, growth; seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import Times

__all__ = ["HOURLY", "hourly_panel"]

START = np.datetime64("2023-01-01T23:00:00", "s")  # the first hour is that of the next Monday
WEEKS = 26
OPENS, CLOSES = 8, 20
WEEK = np.array([0.9, 0.85, 0.9, 1.0, 1.2, 1.5, 0.7])  # Monday first
BUSIEST = np.array([13.0, 13.0, 18.0, 20.0, 22.0, 22.0, 13.0])  # hour by weekday, of bars
PROMOTED = 0.25  # share of the days
LIFT = 0.4  # of a promotion, in the log
NOISE = 0.15  # standard deviation of the log of an hour
SERIES = 12

Random = np.random.Generator


def hourly_panel(kind: str, weeks: int = WEEKS, seed: int = 7) -> Panel:
    """Twelve series of one kind, one of ``HOURLY``, with the covariate ``promo``."""
    random = np.random.default_rng(seed)
    times = next_periods(START, "H", weeks * 7 * 24)
    promo = (random.random((SERIES, weeks * 7)) < PROMOTED).astype(float).repeat(24, axis=1)
    level = np.exp(random.normal(3.5, 0.8, (SERIES, 1)))
    growth = np.exp(random.normal(0.1, 0.2, (SERIES, 1)) * np.linspace(0, 1, len(times)))
    rate = HOURLY[kind](times, random) * level * growth * np.exp(LIFT * promo)
    keys = tuple((f"{row:02}",) for row in range(SERIES))
    return Panel(keys, times, "H", _demand(kind, rate, random), {"promo": promo})


def _demand(kind: str, rate: FloatArray, random: Random) -> FloatArray:
    """Hourly amounts around the rate; counts for items."""
    if kind == "items":
        return random.poisson(rate / rate.mean(axis=1, keepdims=True) * 0.4).astype(float)
    return np.round(rate * np.exp(random.normal(0, NOISE, rate.shape)), 1)


def _day(times: Times) -> tuple[FloatArray, FloatArray]:
    """Hour of the day, and a factor of the weekday."""
    hours = times.astype("datetime64[h]").astype(np.int64)
    return (hours % 24).astype(float), WEEK[(hours // 24 + 3) % 7]


def _calls(times: Times, random: Random) -> FloatArray:
    """Around the clock, with a peak of its own in each series."""
    hour, week = _day(times)
    peak = random.uniform(10, 18, (SERIES, 1))
    return week * np.exp(1.2 * np.cos(2 * np.pi * (hour - peak) / 24))


def _shops(times: Times, random: Random) -> FloatArray:
    """Open from 8 to 20 hours, nothing at night; on Saturdays the day is earlier."""
    hour, week = _day(times)
    is_saturday = week == WEEK.max()
    peak = np.where(is_saturday, 12.0, 17.0) + random.normal(0, 0.5, (SERIES, 1))
    shape = np.exp(-((hour - peak) ** 2) / 18)
    return week * np.where((hour >= OPENS) & (hour < CLOSES), 0.3 + shape, 0.0)


def _bars(times: Times, random: Random) -> FloatArray:
    """Busy at noon on quiet days, and late in the evening on Fridays and Saturdays."""
    hour, week = _day(times)
    weekday = (times.astype("datetime64[D]").astype(np.int64) + 3) % 7
    peak = BUSIEST[weekday] + random.normal(0, 0.5, (SERIES, 1))
    return week * (0.2 + np.exp(-((hour - peak) ** 2) / 8))


def _wandering(times: Times, random: Random) -> FloatArray:
    """Calls whose level drifts from day to day."""
    steps = random.normal(0, 0.08, (SERIES, len(times) // 24)).cumsum(axis=1)
    return _calls(times, random) * np.exp(steps.repeat(24, axis=1))


HOURLY: Mapping[str, Callable[[Times, Random], FloatArray]] = {
    "calls": _calls,
    "shops": _shops,
    "bars": _bars,
    "wandering": _wandering,
    "items": _shops,
}
"""Rates (series, hours) by kind."""
