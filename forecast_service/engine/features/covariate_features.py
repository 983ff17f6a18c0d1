"""Columns computed from covariates: value, start and end of a run, days before and after."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.features.calendar_features import Calendar
from forecast_service.engine.features.columns import Block, Column, Single

__all__ = ["closing", "columns"]

Booleans = npt.NDArray[np.bool_]

OWN_SHIFTS = 2  # the effects of longer shifts are equal for all series
EDGE = 7  # days at the start of a month; at its end, two fewer


@dataclass(frozen=True)
class Reach:
    """How far columns look back and ahead, in periods.

    ``shifts`` are given by kind of covariate. ``past`` and ``coming`` are the windows for shares
    of periods at 1. More than ``long`` closed periods make a reopening an event; ``reopening``
    has the limits of the stages after it.
    """

    shifts: Mapping[str, tuple[int, ...]]
    past: tuple[int, ...]
    coming: tuple[int, ...]
    long: int
    reopening: tuple[int, ...]


DAYS = Reach(
    shifts={"common": (1, 2, 3, 7), "rare": (1, 2, 3, 4, 5, 6, 7), "number": (1,)},
    past=(7, 14, 28),
    coming=(7, 14),
    long=14,
    reopening=(0, 3, 7, 14, 28, 56),
)
HOURS = replace(DAYS, past=(24,), coming=(12,), long=48, reopening=(0, 12, 24, 72, 168))
MONTHS = Reach({"common": (1,), "rare": (1,), "number": (1,)}, (3,), (3,), 1, (0, 1, 2))
REACH = {
    "min": HOURS,
    "H": HOURS,
    "D": DAYS,
    "W": Reach({"common": (1, 2), "rare": (1, 2), "number": (1,)}, (4,), (4,), 2, (0, 1, 2, 4, 8)),
    "M": MONTHS,
    "Y": MONTHS,
}
"""By unit of the frequency."""


def columns(
    name: str, kind: str, padded: Single, facts: Calendar, *, yearly: bool
) -> Iterator[Block]:
    """Columns of one covariate, values (rows, T); ``padded`` also holds expected values after T."""
    periods = len(facts.phase)
    value = padded[:, :periods]
    yield _block(name, "value", name, value, own=True)
    if kind != "rare" and facts.n_phases > 1:
        for k in range(facts.n_phases):
            by_season = value * (facts.phase == k)
            yield _block(name, "by season", f"season {k}", by_season, own=True)
    if kind == "common":
        yield from _edges(name, padded, periods)
        yield from _interactions(name, value, facts, yearly=yearly)
    for k in REACH[facts.frequency.unit].shifts[kind]:
        for step in (k, -k):
            own = kind == "common" and k <= OWN_SHIFTS
            yield _block(name, "shifted", f"{step:+d}", _shift(padded, step, periods), own=own)
    if kind != "number":
        reach = REACH[facts.frequency.unit]
        yield from _shares(name, padded, periods, reach, common=kind == "common")


def closing(padded: Booleans, facts: Calendar) -> Iterator[Block]:
    """Columns of closed periods before and after each period, and of stages after a reopening."""
    periods = len(facts.phase)
    before = _run_before(padded)[:, :periods]
    after = _run_before(padded[:, ::-1])[:, ::-1][:, :periods]
    for side, run in (("after", before), ("before", after)):
        for low, high in ((1, 1), (2, 2), (3, 6), (7, padded.shape[1])):
            within = (run >= low) & (run <= high)
            yield _block("closures", "length", f"{side} {low}", within, own=True)
        for k in range(facts.n_phases if facts.n_phases > 1 else 0):
            single = (run == 1) & (facts.phase == k)
            own = k in (0, facts.n_phases - 2)
            yield _block("closures", "by season", f"{side} season {k}", single, own=own)
    second = _shift(before >= 2, 1, periods)
    yield _block("closures", "length", "second day after", second)
    yield _block("closures", "length", "second day before", _shift(after >= 2, -1, periods))
    reach = REACH[facts.frequency.unit]
    since = _since_reopening(before, padded[:, :periods], reach)
    for low, high in itertools.pairwise(reach.reopening):
        recent = (since >= low) & (since < high)
        yield _block("closures", "reopening", f"reopened {low}", recent, own=True)


def _block(
    part: str, group: str, name: str, values: npt.NDArray[np.generic], *, own: bool = False
) -> Block:
    return Block(Column(f"{part}: {name}", f"{part}: {group}", part, own), values)


def _shift(values: npt.NDArray[np.generic], step: int, periods: int) -> Single:
    """Values ``step`` periods before each period (negative: after it); 0 beyond the ends."""
    shifted = np.zeros((len(values), periods), dtype=np.float32)
    if step > 0:
        shifted[:, step:] = values[:, : max(periods - step, 0)]
    else:
        later = values[:, -step : periods - step]
        shifted[:, : later.shape[1]] = later
    return shifted


def _edges(name: str, padded: Single, periods: int) -> Iterator[Block]:
    now = padded[:, :periods]
    before, earlier = _shift(padded, 1, periods), _shift(padded, 2, periods)
    yield _block(name, "edge", "first", now * (1 - before), own=True)
    yield _block(name, "edge", "second", now * before * (1 - earlier), own=True)
    yield _block(name, "edge", "last", now * (1 - _shift(padded, -1, periods)), own=True)


def _interactions(name: str, value: Single, facts: Calendar, *, yearly: bool) -> Iterator[Block]:
    yield _block(name, "in month", "month start", value * (facts.day <= EDGE))
    yield _block(name, "in month", "month end", value * (facts.days_left <= EDGE - 2))
    for k in (1, 2) if yearly else ():
        for wave, values in (("cos", np.cos(k * facts.angle)), ("sin", np.sin(k * facts.angle))):
            both = value * values.astype(np.float32)
            yield _block(name, "by year", f"{wave} {k}", both, own=k == 1)


def _shares(
    name: str, padded: Single, periods: int, reach: Reach, *, common: bool
) -> Iterator[Block]:
    """Shares of periods at 1 in the windows before and after each period."""
    total = np.zeros((len(padded), padded.shape[1] + 1), dtype=np.float32)
    np.cumsum(padded, axis=1, out=total[:, 1:])
    for length in reach.past:
        count = max(periods - length, 0)
        past = np.zeros((len(padded), periods), dtype=np.float32)
        past[:, length:] = (total[:, length : length + count] - total[:, :count]) / length
        yield _block(name, "share", f"past {length}", past, own=common and length == reach.past[0])
    for length in reach.coming:
        ahead = (total[:, 1 + length :] - total[:, 1:-length])[:, :periods] / length
        following = np.zeros((len(padded), periods), dtype=np.float32)
        following[:, : ahead.shape[1]] = ahead
        own = common and length == reach.coming[0]
        yield _block(name, "share", f"next {length}", following, own=own)


def _run_before(closed: Booleans) -> npt.NDArray[np.int32]:
    """Number of closed periods directly before each period."""
    index = np.arange(closed.shape[1], dtype=np.int32)
    last_open = np.maximum.accumulate(np.where(closed, np.int32(-1), index), axis=1)
    run = np.zeros(closed.shape, dtype=np.int32)
    run[:, 1:] = (index - last_open)[:, :-1]
    return run


def _since_reopening(
    before: npt.NDArray[np.int32], closed: Booleans, reach: Reach
) -> npt.NDArray[np.int32]:
    """Number of periods since the last reopening after a long closure."""
    index = np.arange(closed.shape[1], dtype=np.int32)
    event = np.where((before > reach.long) & ~closed, index, np.int32(-reach.reopening[-1] - 1))
    since: npt.NDArray[np.int32] = index - np.maximum.accumulate(event, axis=1)
    return since
