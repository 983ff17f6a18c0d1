"""The spread of Prophet's simulated futures around their centre, for every growth."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.prophet.parameters import ProphetModels, logistic
from forecast_service.engine.prophet.spread import spread_quantiles

__all__ = ["spread_of"]

PATHS = 20_000  # draws that all logistic series with the same rate of changes share
POINTS = 64  # equally likely points that stand for these draws
RATE_DIGITS = 3
MAX_STEPS = 60
TOLERANCE = 1e-4  # relative to the noise


def spread_of(
    models: ProphetModels, future: KnownFuture, until: np.datetime64, levels: tuple[float, ...]
) -> FloatArray:
    """Quantiles of the deviations from the centre (m, horizon, levels), in units of the target.

    ``until`` is the last period that the models have seen. The trend keeps changing as often as
    before: the slope changes in each coming period with probability ``changepoints * step``
    (Taylor & Letham 2018, 3.1.4).
    """
    step = _step_seconds(future, until) / models.t_scale
    rate = np.minimum(models.n_changepoints * step, 1.0)
    size = models.change_size() * step
    factor = models.factor(future.timestamps, future.covariates)
    unit = models.y_scale[:, None, None]
    if not np.isfinite(models.cap).any():
        return spread_quantiles(size, rate, models.sigma, factor, levels) * unit
    deviations = _logistic_deviations(models, future, rate, size) * factor[:, :, None] / unit
    return _noisy_quantiles(deviations, models.sigma[:, None], levels) * unit


def _step_seconds(future: KnownFuture, until: np.datetime64) -> float:
    """Mean length of a coming period."""
    times = future.timestamps.astype("datetime64[s]").astype(np.int64)
    if len(times) > 1:
        return float(times[-1] - times[0]) / (len(times) - 1)
    return float(times[0] - until.astype("datetime64[s]").astype(np.int64))


def _logistic_deviations(
    models: ProphetModels, future: KnownFuture, rate: FloatArray, size: FloatArray
) -> FloatArray:
    """Equally likely deviations of logistic trends from their mean, (m, horizon, points)."""
    rounded = np.round(rate, RATE_DIGITS)
    laws = {value: _change_points(value, future.horizon) for value in np.unique(rounded).tolist()}
    changes = np.stack([laws[value] for value in rounded.tolist()]) * size[:, None, None]
    line = models.line(future.timestamps)[:, :, None]
    height = (models.cap - models.floor)[:, None, None]
    trends = height * logistic(line + changes)
    return np.asarray(trends - trends.mean(axis=2, keepdims=True))


def _change_points(rate: float, horizon: int) -> FloatArray:
    """Equally likely changes of the line, (horizon, points), for slope changes of scale 1.

    The draws are always the same. A change takes effect one period later than in linear growth,
    as in ``Prophet._logistic_uncertainty``.
    """
    rng = np.random.default_rng(0)
    happens = rng.random((PATHS, horizon)) < rate
    slopes = np.cumsum(np.where(happens, rng.laplace(0.0, 1.0, happens.shape), 0.0), axis=1)
    changes = np.cumsum(slopes, axis=1) - slopes / 2
    later = np.concatenate([np.zeros((PATHS, 1)), changes[:, :-1]], axis=1)
    shares = (np.arange(POINTS) + 0.5) / POINTS
    upper = np.quantile(
        np.abs(later), np.abs(2 * shares - 1), axis=0
    )  # the distribution is symmetric
    return np.asarray((upper * np.sign(shares - 0.5)[:, None]).T)


def _noisy_quantiles(
    points: FloatArray, sigma: FloatArray, levels: tuple[float, ...]
) -> FloatArray:
    """Quantiles (m, horizon, levels) of equally likely points plus normal noise, by bisection."""
    quantiles = np.empty((*points.shape[:2], len(levels)))
    reach = 9 * sigma
    for column, level in enumerate(levels):
        low, high = points.min(axis=2) - reach, points.max(axis=2) + reach
        for _ in range(MAX_STEPS):
            middle = (low + high) / 2
            reached = _normal_cdf((middle[:, :, None] - points) / sigma[:, :, None]).mean(axis=2)
            is_low = reached < level
            low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
            if (high - low <= TOLERANCE * sigma).all():
                break
        quantiles[:, :, column] = (low + high) / 2
    return quantiles


def _normal_cdf(x: FloatArray) -> FloatArray:
    """The standard normal distribution function, exact to 1e-7.

    Source: Abramowitz & Stegun, Handbook of mathematical functions, 26.2.17.
    """
    t = 1 / (1 + 0.2316419 * np.abs(x))
    polynomial = np.polyval(
        [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153, 0], t
    )
    upper = polynomial * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(np.where(x > 0, 1 - upper, upper))
