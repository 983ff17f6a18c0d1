"""Errors of unit: some weeks in cents instead of euros, or in pieces instead of thousands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecast_service.engine.guards.stretches import stretches
from forecast_service.engine.guards.usual_sales import medians
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Frequency

__all__ = ["LEVELS", "unit_errors"]

LEVELS = (-np.log(250.0), np.log(50.0))  # no business falls or rises so far within a week
MOST_PERIODS = {"D": 56, "H": 14 * 24, "min": 14 * 24 * 60, "W": 8}  # longer: the unit is new
WINDOW, LEAST = 7, 4  # known periods before and after a step that tell the levels
NEAR = 28  # known periods that tell the right level beside a wrong one


def unit_errors(logs: FloatArray, frequency: Frequency) -> FloatArray:
    """How far the log of each period is off by an error of unit; 0 on other periods.

    ``logs`` are the known periods of one series. It is divided where its level jumps 50 times up
    or down, and the longest part is right. Another part is wrong if it is 50 times higher or 250
    times lower, for at most 56 days (8 weeks).
    """
    errors = np.zeros(len(logs))
    edges = [0, *_jumps(logs), len(logs)]
    if frequency.unit not in MOST_PERIODS or len(edges) == 2:
        return errors
    most = frequency.count(MOST_PERIODS)
    parts = [slice(start, stop) for start, stop in pairwise(edges)]
    right = max(parts, key=lambda part: part.stop - part.start)
    for part in parts:
        beside = logs[right][:NEAR] if part.start < right.start else logs[right][-NEAR:]
        step = float(np.median(logs[part]) - np.median(beside))
        if part != right and part.stop - part.start <= most and _is_far(step):
            errors[part] = step
    return errors


def _jumps(logs: FloatArray) -> list[int]:
    """First periods after a jump of the level."""
    missing = np.full(WINDOW, np.nan)
    windows = sliding_window_view(np.concatenate([missing, logs, missing]), WINDOW)
    levels = medians(windows)
    index = np.arange(LEAST, len(logs) - LEAST + 1)
    steps = np.zeros(len(logs))
    steps[index] = levels[index + WINDOW] - levels[index]
    far = np.abs(steps) >= min(np.abs(LEVELS))
    jumps = []
    for start, stop in stretches(far):
        first = max(start - LEAST, 1)
        changes = np.diff(logs)[first - 1 : stop + LEAST - 1] * np.sign(steps[start])
        jumps.append(first + int(np.argmax(changes)))
    return sorted(set(jumps))


def _is_far(step: float) -> bool:
    return bool(step <= LEVELS[0] or step >= LEVELS[1])
