"""What Prophet derives from a history before it fits: scales, seasons, trend changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.prophet.prophet_options import ProphetOptions

__all__ = ["Flags", "Scales", "scale_series"]

DAY = 86_400.0  # seconds
YEARLY_SPAN, WEEKLY_SPAN, DAILY_SPAN = 730 * DAY, 14 * DAY, 2 * DAY  # as in Prophet

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scales:
    """Scales of ``c`` series, and the times when their trends may change.

    Names, units and shapes are as in ``ProphetModels``. ``used`` (c, covariates): the covariate
    is finite and varies over the known periods. ``has_year``, ``has_week``, ``has_day`` (c,): the
    series has this season.
    """

    start: FloatArray
    t_scale: FloatArray
    y_scale: FloatArray
    n_changepoints: FloatArray
    changepoints: FloatArray
    used: Flags
    covariate_mean: FloatArray
    covariate_scale: FloatArray
    has_year: Flags
    has_week: Flags
    has_day: Flags

    def take(self, rows: slice | npt.NDArray[np.intp]) -> Scales:
        return Scales(**{name: values[rows] for name, values in vars(self).items()})


def scale_series(
    seconds: FloatArray, target: FloatArray, covariates: FloatArray, options: ProphetOptions
) -> Scales:
    """The scales, seasons and trend changes of each history, as Prophet determines them.

    ``seconds`` (T,) are since the epoch. ``target`` (c, T) is minus the floor, and NaN where it is
    not known; each series has at least three known periods. ``covariates`` is (c, names, T). A
    series has a season when it spans two of them and its periods are shorter than the season;
    it has a yearly season when it spans 730 days. Source: ``initialize_scales``,
    ``set_changepoints`` and ``set_auto_seasonalities`` of ``Prophet`` in prophet 1.5.
    """
    known = ~np.isnan(target)
    first = seconds[known.argmax(axis=1)]
    span = seconds[::-1][known[:, ::-1].argmax(axis=1)] - first
    largest = np.abs(np.where(known, target, 0.0)).max(axis=1)
    changes, count = _changepoints(seconds, known, options)
    shortest = _shortest_step(seconds, known)
    used, mean, scale = _covariate_scales(covariates, known)
    return Scales(
        start=first,
        t_scale=span,
        y_scale=np.where(largest == 0, 1.0, largest),
        n_changepoints=count,
        changepoints=(changes - first[:, None]) / span[:, None],
        used=used,
        covariate_mean=mean,
        covariate_scale=scale,
        has_year=span >= YEARLY_SPAN,
        has_week=(span >= WEEKLY_SPAN) & (shortest < 7 * DAY),
        has_day=(span >= DAILY_SPAN) & (shortest < DAY),
    )


def _changepoints(
    seconds: FloatArray, known: Flags, options: ProphetOptions
) -> tuple[FloatArray, FloatArray]:
    """Times of the changepoints (c, changes), infinite where there are fewer; their number (c,).

    They are evenly spread over the first known periods. As in Prophet, a series without any has
    one at its start, and flat growth has none.
    """
    rows = known.sum(axis=1)
    usable = np.floor(rows * options.changepoint_range).astype(np.int64)
    count = np.clip(usable - 1, 0, options.n_changepoints)
    times = np.full((len(known), options.trend_changes), np.inf)
    if options.growth == "flat":
        return times, np.zeros(len(known))
    positions = np.nonzero(known)[1]
    before = np.cumsum(rows) - rows
    for size in np.unique(count).tolist():
        chosen = np.flatnonzero(count == size)
        spread = np.linspace(0, usable[chosen] - 1, size + 1, axis=1)[:, 1:].round().astype(int)
        times[chosen, :size] = seconds[positions[before[chosen, None] + spread]]
    times[count == 0, 0] = seconds[positions[before[count == 0]]]
    return times, np.maximum(count, 1).astype(np.float64)


def _shortest_step(seconds: FloatArray, known: Flags) -> FloatArray:
    """Shortest time between two known periods of each series, in seconds, (c,)."""
    if (known[:, 1:] & known[:, :-1]).any(axis=1).all() and np.ptp(np.diff(seconds)) == 0:
        return np.full(len(known), seconds[1] - seconds[0])
    return np.array([np.diff(seconds[row]).min() for row in known])


def _covariate_scales(covariates: FloatArray, known: Flags) -> tuple[Flags, FloatArray, FloatArray]:
    """Whether each covariate of each series is used, its mean and its scale; all (c, names).

    Indicators (only 0 and 1) stay as they are; other covariates are standardised. A covariate
    that is not finite, does not vary or has no finite scale is not used.
    """
    shape = covariates.shape[:2]
    used, mean, scale = np.zeros(shape, dtype=bool), np.zeros(shape), np.ones(shape)
    for column in range(shape[1]):
        values = covariates[:, column]
        highest = np.where(known, values, -np.inf).max(axis=1)
        lowest = np.where(known, values, np.inf).min(axis=1)
        used[:, column] = np.isfinite(highest) & np.isfinite(lowest) & (lowest < highest)
        is_indicator = ((values == 0) | (values == 1) | ~known).all(axis=1)
        rows = np.flatnonzero(used[:, column] & ~is_indicator)
        if rows.size:
            average, spread = _mean_and_deviation(values[rows], known[rows])
            is_usable = np.isfinite(spread) & (spread > 0)
            used[rows, column] = is_usable
            mean[rows[is_usable], column] = average[is_usable]
            scale[rows[is_usable], column] = spread[is_usable]
    return used, mean, scale


def _mean_and_deviation(values: FloatArray, known: Flags) -> tuple[FloatArray, FloatArray]:
    rows = known.sum(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=1) / rows
        around = np.where(known, values - mean[:, None], 0.0)
        return mean, np.sqrt((around**2).sum(axis=1) / (rows - 1))
