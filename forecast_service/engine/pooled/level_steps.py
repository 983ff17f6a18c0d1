"""How a level may move over the history: where it steps, and how long a period counts."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.calendar import Times, parse_frequency
from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray

__all__ = ["OWN_STEP", "own_steps", "recency", "spacing", "step_length", "steps"]

HALF_LIFE_DAYS = 730.0  # of the weight of a period: two of the years that the season repeats in
STEP = {"D": 14, "W": 4, "M": 3, "H": 48}  # periods between steps of the common level
OWN_STEP = 2  # steps of the common level that are one of a series' own
MOST_STEPS = 40  # of each; a longer history has longer steps


def recency(times: Times, until: np.datetime64 | None = None) -> FloatArray:
    """Weight of each period; 1 at ``until``, by default the last of them."""
    last = times[-1] if until is None else until
    age: FloatArray = (last - times) / np.timedelta64(1, "D")
    weight: FloatArray = 0.5 ** (age / HALF_LIFE_DAYS)
    return weight


def step_length(frequency: str) -> int:
    """Periods between steps of the common level."""
    return STEP.get(parse_frequency(frequency).unit, 14)


def spacing(periods: int, wanted: int) -> int:
    """Periods between steps in a history of this length."""
    return max(wanted, -(-periods // MOST_STEPS))


def steps(periods: int, wanted: int) -> Single:
    """Steps counted back from the end, none within half a spacing of either end; (steps, T)."""
    apart = spacing(periods, wanted)
    begins = np.arange(periods - apart, apart // 2, -apart)[::-1]
    return (np.arange(periods) >= begins[:, None]).astype(np.float32)


def own_steps(periods: int, wanted: int) -> Single:
    """1 throughout, such steps, and two more within the last spacing, where a level matters most.

    A step is as high as the root of its share of a spacing, so that all are steps of one random
    walk. (1 + steps, T)
    """
    always, even = np.ones((1, periods), np.float32), steps(periods, wanted)
    if not len(even):
        return always
    apart = spacing(periods, wanted)
    begins = np.array([*np.argmax(even, axis=1), periods - apart // 2, periods - apart // 4])
    heights = np.sqrt(np.diff(begins, prepend=begins[0] - apart) / apart)
    after = (np.arange(periods) >= begins[:, None]) * heights[:, None]
    return np.concatenate([always, after.astype(np.float32)])
