"""Demand classes: how often a series sells, and how much the sizes of its sales vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays
from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import FloatArray, Panel

__all__ = ["CLASSES", "UNKNOWN", "Demand", "demand_classes"]

Mask = npt.NDArray[np.bool_]

CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
UNKNOWN = "unknown"  # the series has no known day
INTERVAL = 1.32  # mean number of open days from one sale to the next
VARIATION = 0.49  # squared coefficient of variation of the sizes of sales
HARDLY_EVER = 0.1  # share of days with sales, relative to the best day of the season
ENOUGH_SEASONS = 10  # needed to recognise days that are hardly ever open


@dataclass(frozen=True)
class Demand:
    """Demand class of each series, and the season length that was used to classify it."""

    classes: tuple[str, ...]
    season_length: int

    @classmethod
    def of(cls, panel: Panel, season_length: int) -> Demand:
        """The demand classes of a panel, from its open days."""
        sold = find_closing(panel).open_target(panel)
        return cls(tuple(demand_classes(sold, season_length).tolist()), season_length)

    def carried_to(self, panel: Panel, rows: npt.NDArray[np.intp]) -> Demand:
        """The classes of a newer panel: kept from these ``rows``, computed for new series (-1)."""
        newer = Demand.of(panel, self.season_length)
        classes = np.where(rows < 0, newer.classes, np.array(self.classes)[rows])
        return Demand(tuple(classes.tolist()), self.season_length)

    def take(self, rows: npt.NDArray[np.intp]) -> Demand:
        return Demand(tuple(self.classes[row] for row in rows), self.season_length)

    def added_to(self, facts: Sequence[dict[str, Any] | None]) -> tuple[dict[str, Any], ...]:
        """The facts of each series, with its ``demand`` class unless that is unknown."""
        return tuple(
            (fact or {}) if name == UNKNOWN else {**(fact or {}), "demand": name}
            for fact, name in zip(facts, self.classes, strict=True)
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "demand": np.array(self.classes, dtype=np.str_),
            "season_length": np.array([self.season_length]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Demand:
        """The inverse of ``to_arrays``."""
        season_length = int(arrays["season_length"].astype(np.int64)[0])
        return cls(tuple(arrays["demand"].tolist()), season_length)


def demand_classes(sold: FloatArray, season_length: int) -> npt.NDArray[np.str_]:
    """The class of each series, one of ``CLASSES`` or ``UNKNOWN``; (n,).

    ``sold`` (n, T) is NaN on closed days and where it is not known. Days before the first sale do
    not count. Neither do weekdays on which a store is hardly ever open, if no covariate marks them
    as closed. A series without sales is intermittent.

    ==================  ===============  ================
    ..                  sizes alike      sizes vary
    ==================  ===============  ================
    sells often         smooth           erratic
    sells now and then  intermittent     lumpy
    ==================  ===============  ================

    Source: Syntetos, Boylan, Croston, "On the categorization of demand patterns", Journal of the
    Operational Research Society 56 (2005): the limits 1.32 and 0.49.
    """
    known, sells = np.isfinite(sold), np.nan_to_num(sold, nan=0.0) > 0
    counted = known & np.logical_or.accumulate(sells, axis=1)
    if sold.shape[1] >= ENOUGH_SEASONS * season_length:
        counted &= sells | _usual_days(counted, sells, season_length)
    sales, days = sells.sum(axis=1), counted.sum(axis=1)
    sizes = np.where(sells, sold, 0.0)
    mean = sizes.sum(axis=1) / np.maximum(sales, 1)
    around = np.where(sells, sizes - mean[:, None], 0.0)
    variance = (around**2).sum(axis=1) / np.maximum(sales, 1)
    is_sparse = (days >= INTERVAL * sales).astype(np.intp)
    is_variable = (variance >= VARIATION * mean**2) & (sales > 0)
    names = np.array(CLASSES)[2 * is_sparse + is_variable]
    return np.where(known.any(axis=1), names, UNKNOWN)


def _usual_days(counted: Mask, sells: Mask, length: int) -> Mask:
    """Mask of the periods whose day of the season sells at least 0.1 times as often as the best."""
    n, periods = counted.shape
    phase = np.arange(periods) % length
    share = np.zeros((n, length))
    for day in range(min(length, periods)):
        known = counted[:, day::length].sum(axis=1)
        share[:, day] = sells[:, day::length].sum(axis=1) / np.maximum(known, 1)
    usual: Mask = share >= HARDLY_EVER * share.max(axis=1, keepdims=True)
    return usual[:, phase]
