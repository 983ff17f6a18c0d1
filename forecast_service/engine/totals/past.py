"""Past: how series that are added up moved together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_service.engine.panel import FloatArray

__all__ = ["TOGETHER", "Past", "past_of"]

TOGETHER = 1.0  # co-movement of series that always err in the same direction
LEAST_PERIODS = 28  # of differences; fewer do not show a co-movement
RECENT_SEASONS, RECENT_PERIODS = 26, 104  # the longer of both is compared


@dataclass(frozen=True)
class Past:
    """How series that are added up moved in their recent past.

    ``spread`` (n,): standard deviation of each series around its season. ``comovement``: the mean
    correlation, weighted by spread, from 0 (independent) to 1 (always together).
    """

    spread: FloatArray
    comovement: float


def past_of(history: FloatArray, season: int) -> Past:
    """What the history (n, T) of the series tells, by differences to the season before.

    With too short a history, the series count as moving together: this is the widest total.
    """
    recent = history[:, -max(RECENT_SEASONS * season, RECENT_PERIODS) - season :]
    if recent.shape[1] <= season:
        return Past(np.zeros(len(history)), TOGETHER)
    steps = recent[:, season:] - recent[:, :-season]
    known = np.isfinite(steps)
    steps = np.where(known, steps, 0.0)
    count = known.sum(axis=1)
    variance = (steps**2).sum(axis=1) / np.maximum(count, 1)
    spread = np.sqrt(variance / 2)  # a difference has the noise of two periods
    if np.count_nonzero(known.any(axis=0)) < LEAST_PERIODS:
        return Past(spread, TOGETHER)
    return Past(spread, _comovement(steps))


def _comovement(steps: FloatArray) -> float:
    """Where the variance of the sum lies between that of independent and of joint series."""
    of_sum = float(np.mean(steps.sum(axis=0) ** 2))
    squares = np.mean(steps**2, axis=1)
    apart, together = float(squares.sum()), float(np.sqrt(squares).sum() ** 2)
    if together <= apart * (1 + 1e-9):
        return TOGETHER
    return float(np.clip((of_sum - apart) / (together - apart), 0.0, TOGETHER))
