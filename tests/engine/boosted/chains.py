"""A chain whose stores need trees, and what they are fitted with."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import Panel

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 28
CONFIG = FitConfig(horizon=HORIZON, quantiles=LEVELS)
CUTOFF = 560


def chain(n: int, *, days: int = CUTOFF + HORIZON, noise: float = 0.05) -> Panel:
    """Stores closed on Sundays; in large ones, promotions early in a month double the sales."""
    rng = np.random.default_rng(5)
    times = next_periods(np.datetime64("2019-12-31T00:00:00", "s"), "D", days)
    weekday = (times.astype("datetime64[D]").astype(int) + 3) % 7
    weeks = rng.random((n, days // 7 + 2)) < 0.4
    promo = weeks.repeat(7, axis=1)[:, weekday[0] : weekday[0] + days] * (weekday < 5)
    level = rng.normal(5, 0.6, (n, 1))
    day = (times.astype("datetime64[D]") - times.astype("datetime64[M]")).astype(int)
    doubled = promo * (day < 12) * (level > 5)
    logs = level + 0.1 * weekday + 0.2 * promo + 0.7 * doubled
    target = np.exp(logs + rng.normal(0, noise, (n, days))) * (weekday < 6)
    covariates = {
        "open": np.tile(np.where(weekday < 6, 1.0, 0.0), (n, 1)),
        "promo": promo.astype(float),
        "price": 2.0 ** np.tile(rng.integers(0, 3, (n, 1)), days),
    }
    return Panel(tuple((str(i),) for i in range(n)), times, "D", target, covariates)


PANEL = chain(40)
PAST, FUTURE = PANEL.before(CUTOFF), PANEL.known_between(CUTOFF, CUTOFF + HORIZON)
