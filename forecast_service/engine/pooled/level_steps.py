"""Steps by which a level may move over the history, and the weight of old periods."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times, parse_frequency

__all__ = ["OWN_STEP", "own_steps", "recency", "spacing", "step_length", "steps"]

HALF_LIFE_DAYS = 730.0  # of the weight of a period: two years, so two yearly seasons
STEP = {"D": 14, "W": 4, "M": 3, "Y": 2, "H": 48, "min": 2_880}
"""Units of the frequency between steps of the common level."""
LEAST_STEP = 2  # periods
OWN_STEP = 2  # steps of the common level per step of an own level
MOST_STEPS = 40  # of a level; in a longer history, steps are further apart


def recency(times: Times, until: np.datetime64 | None = None) -> FloatArray:
    """Weight of each period; 1 at ``until``, by default the last period."""
    last = times[-1] if until is None else until
    age: FloatArray = (last - times) / np.timedelta64(1, "D")
    weight: FloatArray = 0.5 ** (age / HALF_LIFE_DAYS)
    return weight


def step_length(frequency: str) -> int:
    """Periods between steps of the common level."""
    return parse_frequency(frequency).count(STEP, least=LEAST_STEP)


def spacing(periods: int, length: int) -> int:
    """Periods between steps: ``length``, or more if the history would have too many steps."""
    return max(length, -(-periods // MOST_STEPS))


def steps(periods: int, length: int) -> Single:
    """Columns (steps, T), 0 before a step and 1 after it.

    The last step is one spacing before the end; there is none in the first half spacing.
    """
    apart = spacing(periods, length)
    begins = np.arange(periods - apart, apart // 2, -apart)[::-1]
    return (np.arange(periods) >= begins[:, None]).astype(np.float32)


def own_steps(periods: int, length: int) -> Single:
    """Columns (1 + steps, T): the level (always 1), even steps, and two more near the end.

    The last spacing has two more steps because a forecast starts from there. The height of a step
    is the root of its share of a spacing, so that all steps belong to one random walk.
    """
    always, even = np.ones((1, periods), np.float32), steps(periods, length)
    if not len(even):
        return always
    apart = spacing(periods, length)
    begins = np.array([*np.argmax(even, axis=1), periods - apart // 2, periods - apart // 4])
    heights = np.sqrt(np.diff(begins, prepend=begins[0] - apart) / apart)
    after = (np.arange(periods) >= begins[:, None]) * heights[:, None]
    return np.concatenate([always, after.astype(np.float32)])
