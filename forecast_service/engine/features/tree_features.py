"""Columns for decision trees, computed from the calendar and covariates, never from the target.

Trees split numbers. So one number here replaces many columns of a regression: the day of the
month, the days that a promotion still runs, the days since a holiday.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from forecast_service.engine.features.calendar_features import Calendar, calendar, phases
from forecast_service.engine.features.columns import Single
from forecast_service.engine.features.regression_features import (
    LOOKAHEAD,
    CovariateRecipe,
    Features,
    Rows,
)

__all__ = ["tree_columns"]

Integers = npt.NDArray[np.int32]
_Named = tuple[str, npt.NDArray[np.generic]]

REACH = 56  # largest count of past periods; Features look back further
AROUND = 14  # largest count of periods since the last, or until the next, period at 1
LONG = 14  # closed periods that make a reopening an event
PAST, NEXT = (7, 14, 28), (7, 14)
CHRISTMAS = (-12, 60)  # range of the days until Christmas; days outside it are clipped
SAME = 1e-5  # relative difference up to which values are equal but for rounding
FAR = -1_000_000  # index for "never"


def tree_columns(features: Features, rows: Rows, first: int) -> tuple[list[str], Single]:
    """Names of the columns, and values (rows, periods from index ``first`` on, columns)."""
    named = [*_by_date(features), *_by_series(features, rows)]
    shape = (len(features.closed[rows]), len(features.times) - first, len(named))
    values = np.empty(shape, dtype=np.float32)
    for place, (_, column) in enumerate(named):
        values[:, :, place] = column[..., first:]
    return [name for name, _ in named], values


def _by_date(features: Features) -> Iterator[_Named]:
    """Columns (T,) that depend on the date only."""
    recipe, times = features.recipe, features.times
    facts = calendar(times, recipe.frequency)
    unit = facts.frequency.unit
    if facts.n_phases > 1:
        yield "season", facts.phase
    if facts.frequency.is_subdaily:
        yield "weekday", phases(times, "D")[0]
    if unit == "min":
        yield "time of day", facts.time_of_day
    if unit not in ("M", "Y"):
        yield "day of month", facts.day
        yield "days left in month", np.minimum(facts.days_left, 16)
    if recipe.yearly and unit != "Y":
        yield "place in year", facts.angle
    if recipe.yearly and unit not in ("M", "Y"):
        yield "days to christmas", np.clip(facts.to_christmas, *CHRISTMAS)
    if recipe.holidays:
        days = times.astype("datetime64[D]").astype(np.int64)
        dates = np.unique(np.concatenate([np.array(days) for days in recipe.holidays.values()]))
        yield from _holidays(days, dates)


def _holidays(days: npt.NDArray[np.int64], dates: npt.NDArray[np.int64]) -> Iterator[_Named]:
    """Days since the last public holiday and until the next one."""
    place = np.searchsorted(dates, days, side="right")
    padded = np.concatenate([[FAR], dates, [-FAR]])
    yield "since holiday", np.minimum(days - padded[place], AROUND)
    place = np.searchsorted(dates, days, side="left")
    yield "until holiday", np.minimum(padded[place + 1] - days, AROUND)


def _by_series(features: Features, rows: Rows) -> Iterator[_Named]:
    """Columns (rows, T); (1, T) for a covariate that is equal for all series."""
    periods = len(features.times)
    facts = calendar(features.times, features.recipe.frequency)
    if features.recipe.closing:
        yield from _closing(features.padded_closed(rows), periods)
    for recipe in features.recipe.covariates:
        own = slice(0, 1) if recipe.name in features.shared else rows
        padded = features.padded(recipe, own)
        if recipe.kind == "number":
            yield from _number(recipe.name, padded, periods)
        else:
            yield from _binary(recipe, padded, facts)


def _closing(padded: npt.NDArray[np.bool_], periods: int) -> Iterator[_Named]:
    run, since = _runs(padded)
    left, until = _runs_ahead(padded)
    before = _shift(run, 1)
    yield "closed before", before[:, :periods]
    yield "closed after", np.minimum(_shift(left, -1), LOOKAHEAD)[:, :periods]
    yield "since closed", np.minimum(since, AROUND)[:, :periods]
    yield "until closed", np.minimum(until, AROUND)[:, :periods]
    index = np.arange(padded.shape[1], dtype=np.int32)
    reopened = np.where((before >= LONG) & ~padded, index, np.int32(FAR))
    since = np.minimum(index - np.maximum.accumulate(reopened, axis=1), REACH)
    yield "since reopening", since[:, :periods]


def _binary(recipe: CovariateRecipe, padded: Single, facts: Calendar) -> Iterator[_Named]:
    """Columns of a covariate that is 0 or 1: place within its run, and the periods around."""
    name, periods = recipe.name, len(facts.phase)
    on = padded > 0.5
    run, since = _runs(on)
    left, until = _runs_ahead(on)
    yield f"{name}: run", np.minimum(run, AROUND)[:, :periods]
    yield f"{name}: left of run", np.minimum(left, AROUND)[:, :periods]
    yield f"{name}: since", np.minimum(since, AROUND)[:, :periods]
    yield f"{name}: until", np.minimum(until, AROUND)[:, :periods]
    if recipe.kind == "common":
        for length in PAST:
            past = _shift(_rolling_sum(padded, length), 1)
            yield f"{name}: past {length}", past[:, :periods]
        for length in NEXT:
            following = _shift(_rolling_sum(padded, length), -length)
            yield f"{name}: next {length}", following[:, :periods]


def _number(name: str, padded: Single, periods: int) -> Iterator[_Named]:
    """Columns of any other covariate: its value, and its difference to the periods around."""
    yield f"{name}: value", padded[:, :periods]
    yield f"{name}: change", _difference(padded, _shift(padded, 1))[:, :periods]
    yield f"{name}: next change", _difference(_shift(padded, -1), padded)[:, :periods]
    usual = _rolling_sum(padded, PAST[-1]) / PAST[-1]
    yield f"{name}: against past {PAST[-1]}", _difference(padded, usual)[:, :periods]


def _difference(values: npt.NDArray[np.int32] | Single, others: npt.NDArray[np.number]) -> Single:
    """The difference, exactly 0 if it is only rounding: trees split at 0."""
    difference = values - others
    size = np.maximum(np.maximum(np.abs(values), np.abs(others)), 1)
    cleaned: Single = np.where(np.abs(difference) <= SAME * size, 0, difference).astype(np.float32)
    return cleaned


def _runs(on: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Length so far of the run of a period at 1 (else 0), and periods since the last one at 1.

    Both are at most ``REACH``.
    """
    index = np.arange(on.shape[1], dtype=np.int32)
    last_off = np.maximum.accumulate(np.where(on, np.int32(FAR), index), axis=1)
    last_on = np.maximum.accumulate(np.where(on, index, np.int32(FAR)), axis=1)
    return np.minimum(index - last_off, REACH), np.minimum(index - last_on, REACH)


def _runs_ahead(on: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """``_runs`` backwards in time: periods left in the run, and periods until the next at 1."""
    left, until = _runs(on[:, ::-1])
    return left[:, ::-1], until[:, ::-1]


def _shift(values: npt.NDArray[np.int32] | Single, step: int) -> npt.NDArray[np.int32] | Single:
    """Values ``step`` periods before each period (negative: after it); the nearest at the ends."""
    place = np.clip(np.arange(values.shape[1]) - step, 0, values.shape[1] - 1)
    return values[:, place]


def _rolling_sum(values: Single, length: int) -> Single:
    """Rolling sum over the last ``length`` periods; fewer at the beginning."""
    totals = np.cumsum(values, axis=1, dtype=np.float64)
    totals[:, length:] -= totals[:, :-length].copy()
    return totals.astype(np.float32)
