"""Rest days: weekdays on which a store never sold in a long enough history; it is closed then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.periods.frequency import WEEKDAYS
from forecast_service.importer.files.periods import DAILY, WEEKDAY_NAMES, Periods
from forecast_service.importer.long_rows import DAYS, Ints, LongRows, SeriesKey

__all__ = ["may_rest", "rest_code", "rest_weekdays", "rest_words"]

WEEK = 7
LEAST_WEEKS = 7  # how often the weekday must have come
TWICE = 2
CHANCE = 0.001  # of no sale on any of these days, if they were like the others

Flags = npt.NDArray[np.bool_]


def rest_weekdays(sales: LongRows, periods: Periods = DAILY) -> Flags:
    """Per series and weekday (Monday first): whether its store never sold then.

    ``sales`` are all sales. A store that sells on a tenth of its days needs a longer history
    than one that sells daily, to rule out chance.
    """
    if periods != DAILY or not len(sales):
        return np.zeros((len(sales.keys), WEEK), dtype=bool)
    store = _stores(sales.keys)
    sold_days, came = _count(sales, store, periods)
    other = np.where(sold_days > 0, came, 0).sum(axis=1)
    share = np.clip(sold_days.sum(axis=1) / np.maximum(other, 1), 0, 1).reshape(-1, 1)
    by_chance = (1 - share) ** came
    never, often_enough = sold_days == 0, came >= LEAST_WEEKS
    rests = np.logical_and.reduce([never, often_enough, by_chance < CHANCE])
    return np.asarray(rests[store])


def may_rest(sales: LongRows, periods: Periods = DAILY) -> bool:
    """Whether any store has not sold on a weekday that came at least twice.

    Its history may be too short yet to call that a rest day.
    """
    if periods != DAILY or not len(sales):
        return False
    sold_days, came = _count(sales, _stores(sales.keys), periods)
    sells = sold_days.sum(axis=1, keepdims=True) > 0
    return bool(((sold_days == 0) & (came >= TWICE) & sells).any())


def _count(sales: LongRows, store: Ints, periods: Periods) -> tuple[Ints, Ints]:
    """How often each store sold on each weekday, and how often that weekday came; (n, 7)."""
    n_stores = int(store.max()) + 1
    first = np.full(n_stores, np.iinfo(np.int64).max)
    last = np.full(n_stores, -1)
    owner = store[sales.series]
    np.minimum.at(first, owner, sales.day)
    np.maximum.at(last, owner, sales.day)
    sold = sales.values["target"] != 0
    days = np.unique(owner[sold] * DAYS + sales.day[sold])
    slot = (days // DAYS) * WEEK + periods.slot(days % DAYS)
    sold_days = np.bincount(slot, minlength=n_stores * WEEK).reshape(n_stores, WEEK)
    length = np.maximum(last - first + 1, 0)
    since = (np.arange(WEEK)[None, :] - periods.slot(first)[:, None]) % WEEK
    came = np.maximum(length[:, None] - since + WEEK - 1, 0) // WEEK
    return sold_days.astype(np.int64), came


def rest_code(weekdays: Flags) -> str | None:
    """The weekdays (7,) as text to store: ``SAT,SUN``; None for none."""
    return ",".join(name for name, rests in zip(WEEKDAYS, weekdays, strict=True) if rests) or None


def rest_words(code: str) -> str:
    """The inverse of ``rest_code``, for people: ``Saturday or Sunday``."""
    names = [WEEKDAY_NAMES[WEEKDAYS.index(each)] for each in code.split(",")]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _stores(keys: tuple[SeriesKey, ...]) -> Ints:
    """The number of the store of each series."""
    at = {name: index for index, name in enumerate(sorted({store for store, _ in keys}))}
    return np.array([at[store] for store, _ in keys], dtype=np.int64)
