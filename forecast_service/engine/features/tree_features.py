"""What is known in advance about every period, as columns for decision trees. No target in here.

Trees split numbers, so what is one column per case in a regression is one number here: the day of
the month, how many days a promotion still runs, how long ago a holiday was.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import parse_frequency
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

REACH = 56  # periods that are counted back; Features look back further than that
AROUND = 14  # periods that are counted from the last or to the next period at 1
LONG = 14  # closed periods after which a reopening is an event
PAST, NEXT = (7, 14, 28), (7, 14)
CHRISTMAS = (-12, 60)  # days after and before that are told apart
SAME = 1e-5  # difference, relative to the values, that is one of rounding
FAR = -1_000_000  # index of a period that never was


def tree_columns(features: Features, rows: Rows, first: int) -> tuple[list[str], Single]:
    """Names, and values (rows, periods from the index ``first`` on, columns)."""
    named = [*_dated(features), *_varying(features, rows)]
    shape = (len(features.closed[rows]), len(features.times) - first, len(named))
    values = np.empty(shape, dtype=np.float32)
    for place, (_, column) in enumerate(named):
        values[:, :, place] = column[..., first:]
    return [name for name, _ in named], values


def _dated(features: Features) -> Iterator[_Named]:
    """Columns (T,) that follow from the date."""
    recipe, times = features.recipe, features.times
    facts, unit = calendar(times, recipe.frequency), parse_frequency(recipe.frequency).unit
    if facts.n_phases > 1:
        yield "season", facts.phase
    if unit == "H":
        yield "weekday", phases(times, "D")[0]
    if unit in ("D", "W", "H"):
        yield "day of month", facts.day
        yield "days left in month", np.minimum(facts.days_left, 16)
    if recipe.yearly and unit != "Y":
        yield "place in year", facts.angle
    if recipe.yearly and unit in ("D", "W", "H"):
        yield "days to christmas", np.clip(facts.to_christmas, *CHRISTMAS)
    if recipe.holidays:
        days = times.astype("datetime64[D]").astype(np.int64)
        dates = np.unique(np.concatenate([np.array(each) for each in recipe.holidays.values()]))
        yield from _holidays(days, dates)


def _holidays(days: npt.NDArray[np.int64], dates: npt.NDArray[np.int64]) -> Iterator[_Named]:
    """Days since the last public holiday and until the next one."""
    place = np.searchsorted(dates, days, side="right")
    padded = np.concatenate([[FAR], dates, [-FAR]])
    yield "since holiday", np.minimum(days - padded[place], AROUND)
    place = np.searchsorted(dates, days, side="left")
    yield "until holiday", np.minimum(padded[place + 1] - days, AROUND)


def _varying(features: Features, rows: Rows) -> Iterator[_Named]:
    """Columns (rows, T); (1, T) of a covariate that all series share."""
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
            yield from _switch(recipe, padded, facts)


def _closing(padded: npt.NDArray[np.bool_], periods: int) -> Iterator[_Named]:
    run, since = _runs(padded)
    left, until = _mirrored(padded)
    before = _shifted(run, 1)
    yield "closed before", before[:, :periods]
    yield "closed after", np.minimum(_shifted(left, -1), LOOKAHEAD)[:, :periods]
    yield "since closed", np.minimum(since, AROUND)[:, :periods]
    yield "until closed", np.minimum(until, AROUND)[:, :periods]
    index = np.arange(padded.shape[1], dtype=np.int32)
    reopened = np.where((before >= LONG) & ~padded, index, np.int32(FAR))
    since = np.minimum(index - np.maximum.accumulate(reopened, axis=1), REACH)
    yield "since reopening", since[:, :periods]


def _switch(recipe: CovariateRecipe, padded: Single, facts: Calendar) -> Iterator[_Named]:
    """Of a covariate that is 0 or 1: where in its run a period is, and what lies around it."""
    name, periods = recipe.name, len(facts.phase)
    on = padded > 0.5
    run, since = _runs(on)
    left, until = _mirrored(on)
    yield f"{name}: run", np.minimum(run, AROUND)[:, :periods]
    yield f"{name}: left of run", np.minimum(left, AROUND)[:, :periods]
    yield f"{name}: since", np.minimum(since, AROUND)[:, :periods]
    yield f"{name}: until", np.minimum(until, AROUND)[:, :periods]
    if recipe.kind == "common":
        for length in PAST:
            past = _shifted(_totals(padded, length), 1)
            yield f"{name}: past {length}", past[:, :periods]
        for length in NEXT:
            following = _shifted(_totals(padded, length), -length)
            yield f"{name}: next {length}", following[:, :periods]


def _number(name: str, padded: Single, periods: int) -> Iterator[_Named]:
    """Of any other covariate: its value, and that against the periods around."""
    yield f"{name}: value", padded[:, :periods]
    yield f"{name}: change", _difference(padded, _shifted(padded, 1))[:, :periods]
    yield f"{name}: next change", _difference(_shifted(padded, -1), padded)[:, :periods]
    usual = _totals(padded, PAST[-1]) / PAST[-1]
    yield f"{name}: against past {PAST[-1]}", _difference(padded, usual)[:, :periods]


def _difference(values: npt.NDArray[np.int32] | Single, others: npt.NDArray[np.number]) -> Single:
    """Exactly 0 where both are the same but for rounding: trees split there."""
    found = values - others
    size = np.maximum(np.maximum(np.abs(values), np.abs(others)), 1)
    near: Single = np.where(np.abs(found) <= SAME * size, 0, found).astype(np.float32)
    return near


def _runs(on: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Length so far of the run at 1 that a period is in (0: at 0), and periods since it was at 1.

    Both at most ``REACH``.
    """
    index = np.arange(on.shape[1], dtype=np.int32)
    last_off = np.maximum.accumulate(np.where(on, np.int32(FAR), index), axis=1)
    last_on = np.maximum.accumulate(np.where(on, index, np.int32(FAR)), axis=1)
    return np.minimum(index - last_off, REACH), np.minimum(index - last_on, REACH)


def _mirrored(on: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """``_runs`` looking ahead: periods left of the run, and periods until it is at 1."""
    left, until = _runs(on[:, ::-1])
    return left[:, ::-1], until[:, ::-1]


def _shifted(values: npt.NDArray[np.int32] | Single, step: int) -> npt.NDArray[np.int32] | Single:
    """Values of ``step`` periods before (negative: after) each period; the nearest at the ends."""
    place = np.clip(np.arange(values.shape[1]) - step, 0, values.shape[1] - 1)
    return values[:, place]


def _totals(values: Single, length: int) -> Single:
    """Sum of each period and those before it, ``length`` in all; fewer at the beginning."""
    totals = np.cumsum(values, axis=1, dtype=np.float64)
    totals[:, length:] -= totals[:, :-length].copy()
    return totals.astype(np.float32)
