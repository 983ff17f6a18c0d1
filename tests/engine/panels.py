"""Small panels that look like retail: weekdays, promotions, Sunday closing, noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture, Panel

FIRST_DAY = np.datetime64("2015-01-01T00:00:00", "s")


def make_panel(
    n_series: int = 3, n_days: int = 70, *, closes: bool = True, seed: int = 7, first=FIRST_DAY
) -> Panel:
    """Stores '0', '1', … that sell about 100, 200, … a day; closed on Sundays if ``closes``."""
    days = next_periods(first - np.timedelta64(1, "D"), "D", n_days)
    covariates = covariates_on(days, n_series, closes=closes)
    noise = np.random.default_rng(seed).normal(1.0, 0.05, (n_series, n_days))
    week = 1 + 0.1 * weekdays(days)
    level = 100.0 * (1 + np.arange(n_series))[:, None]
    target = level * (week + 0.4 * covariates["promo"]) * noise
    target = np.where(covariates["open"] == 0, 0.0, target)
    keys = tuple((str(i),) for i in range(n_series))
    return Panel(keys, days, "D", target, covariates)


def future_of(panel: Panel, horizon: int = 14, *, closes: bool = True) -> KnownFuture:
    """The known future of the ``horizon`` days after the panel."""
    days = next_periods(panel.timestamps[-1], "D", horizon)
    return KnownFuture(days, covariates_on(days, panel.n_series, closes=closes))


def covariates_on(days: np.ndarray, n_series: int, *, closes: bool) -> dict[str, np.ndarray]:
    """Covariates that depend on the date only: open, and promo in every second week."""
    weeks = (days.astype("datetime64[D]").astype(int) + 3) // 7
    rows = {
        "open": np.where(closes & (weekdays(days) == 6), 0.0, 1.0),
        "promo": np.where((weeks % 2 == 0) & (weekdays(days) < 5), 1.0, 0.0),
    }
    return {name: np.tile(row, (n_series, 1)) for name, row in rows.items()}


def weekdays(days: np.ndarray) -> np.ndarray:
    """Weekday of each day; Monday is 0."""
    return (days.astype("datetime64[D]").astype(int) + 3) % 7


def with_target(panel: Panel, target: np.ndarray) -> Panel:
    """The same panel with another target."""
    return replace(panel, target=target)


def with_row(panel: Panel, row: int, values: object) -> Panel:
    """The same panel with one series replaced."""
    target = panel.target.copy()
    target[row] = values
    return with_target(panel, target)


def sparse_panel(n_series: int = 12, n_days: int = 180, *, seed: int = 3) -> Panel:
    """Items 's0', 's1', … that sell 1 to 3 pieces on about every fourth day."""
    panel = make_panel(n_series, n_days)
    random = np.random.default_rng(seed)
    pieces = random.integers(1, 4, panel.target.shape) * (random.random(panel.target.shape) < 0.25)
    sold = np.where(panel.covariates["open"] == 0, 0.0, pieces)
    return replace(panel, keys=tuple((f"s{i}",) for i in range(n_series)), target=sold)


def stacked(*panels: Panel) -> Panel:
    """One panel with the series of several panels over the same days."""
    return replace(
        panels[0],
        keys=tuple(key for panel in panels for key in panel.keys),
        target=np.vstack([panel.target for panel in panels]),
        covariates={
            name: np.vstack([panel.covariates[name] for panel in panels])
            for name in panels[0].covariates
        },
    )
