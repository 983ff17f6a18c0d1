"""Usual sales of a series, by medians: of the days nearby, of the weekday, of covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray

__all__ = ["medians", "unexplained"]

Groups = npt.NDArray[np.intp]

ROUNDS = 2


def unexplained(
    logs: FloatArray, groups: list[Groups], place: Groups, reach: int
) -> tuple[FloatArray, FloatArray]:
    """What level and groups leave of the known logs of one series, and the effects of the groups.

    ``place`` are the indices of the known periods. Level and effects are medians, estimated in
    turns. Source: Tukey, Exploratory Data Analysis (1977), median polish.
    """
    rest = logs - np.median(logs)
    effects = np.zeros(len(logs))
    for _ in range(ROUNDS):
        for group in groups:
            for index in np.unique(group).tolist():
                members = group == index
                shift = _cautious_median(rest[members])
                rest[members] -= shift
                effects[members] += shift
        rest = logs - effects - _nearby_median(logs - effects, place, reach)
    return rest, effects


def medians(values: FloatArray) -> FloatArray:
    """Median of the known values of each row (the last axis); NaN without any."""
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)  # NaN comes last
    count = np.isfinite(values).sum(axis=-1)
    middle = np.stack([np.maximum(count - 1, 0) // 2, count // 2], axis=-1)
    middle = np.minimum(middle, values.shape[-1] - 1)
    found: FloatArray = np.take_along_axis(ordered, middle, axis=-1).mean(axis=-1)
    return np.where(count > 0, found, np.nan)


def _cautious_median(values: FloatArray) -> float:
    """The median; of two values the one nearer to 0; 0 of a single value."""
    if len(values) < 3:
        return float(values[np.argmin(np.abs(values))]) if len(values) == 2 else 0.0
    return float(np.median(values))


def _nearby_median(values: FloatArray, place: Groups, reach: int) -> FloatArray:
    """Median of the values within about ``reach`` periods; near an end, of as long a stretch."""
    first, last = int(place[0]), int(place[-1])
    apart, final = max(reach // 2, 1), max(first, last - 2 * reach)
    begins = np.append(np.arange(first, final, apart), final)
    dense = np.full(last + 2 * reach + 1 - first, np.nan)
    dense[place - first] = values
    windows = dense[(begins - first)[:, None] + np.arange(2 * reach + 1)]
    few = np.isfinite(windows).sum(axis=1) < 3
    of_window = np.where(few, np.median(values), medians(windows))
    nearest = np.abs(place[:, None] - (begins + reach)).argmin(axis=1)
    nearby: FloatArray = of_window[nearest]
    return nearby
