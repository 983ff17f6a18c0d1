"""Filling of missing values by the rules of Amazon Forecast.

A gap is filled with ``zero``, with ``value`` (a number of the request), or with the ``mean``,
``median``, ``min`` or ``max`` of the 64 newest known entries before it. ``nan`` or None leaves the
gap. Filled entries never count as known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray
from forecast_service.errors import InvalidData

__all__ = ["fill_covariate", "fill_target"]

WINDOW = 64  # known entries before a gap that a statistic uses

_STATISTICS: Mapping[str, Callable[[FloatArray], Any]] = MappingProxyType(
    {"mean": np.mean, "median": np.median, "min": np.min, "max": np.max}
)
_NO_VALUES: Mapping[str, float] = MappingProxyType({})

_Mask = npt.NDArray[np.bool_]


def fill_target(
    target: FloatArray,
    middle: str | None = "nan",
    back: str | None = "nan",
    values: Mapping[str, float] = _NO_VALUES,
) -> FloatArray:
    """A filled copy of the target (n, T).

    ``middle`` fills between the first and the last known value of a series, ``back`` from the
    last one to the end. Nothing is filled before the first one. ``values`` holds the numbers for
    the method ``value``, under ``middle`` and ``back``.

    Raises
    ------
    InvalidData
        The method does not exist, or ``value`` has no number.

    Example
    -------
    >>> x = np.array([[np.nan, 1.0, np.nan, 3.0, np.nan]])
    >>> fill_target(x, "mean", "zero").tolist()
    [[nan, 1.0, 1.0, 3.0, 0.0]]
    """
    between, after = _gaps(target)
    filled = _fill(target, target, between, middle, values.get("middle"))
    return _fill(filled, target, after, back, values.get("back"))


def fill_covariate(
    covariate: FloatArray,
    n_history: int,
    middle: str | None = None,
    back: str | None = None,
    future: str | None = None,
    values: Mapping[str, float] = _NO_VALUES,
) -> FloatArray:
    """A filled copy of a covariate (n, history and horizon).

    ``middle`` and ``back`` fill the first ``n_history`` periods, as in ``fill_target``;
    ``future`` fills every gap in the periods after them.
    """
    gaps = np.isnan(covariate)
    between, after, ahead = np.zeros((3, *covariate.shape), dtype=bool)
    between[:, :n_history], after[:, :n_history] = _gaps(covariate[:, :n_history])
    ahead[:, n_history:] = gaps[:, n_history:]
    filled = _fill(covariate, covariate, between, middle, values.get("middle"))
    filled = _fill(filled, covariate, after, back, values.get("back"))
    return _fill(filled, covariate, ahead, future, values.get("future"))


def _gaps(values: FloatArray) -> tuple[_Mask, _Mask]:
    """Gaps between the first and the last known value of each row, and gaps after the last."""
    known = ~np.isnan(values)
    after_first = np.logical_or.accumulate(known, axis=1)
    before_last = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    return ~known & after_first & before_last, ~known & after_first & ~before_last


def _fill(
    values: FloatArray, known: FloatArray, where: _Mask, method: str | None, value: float | None
) -> FloatArray:
    """Copy of ``values``, filled ``where`` by ``method``; statistics are those of ``known``."""
    filled = values.copy()
    if method is None or method == "nan":
        return filled
    if method in _STATISTICS:
        _fill_statistic(filled, known, where, _STATISTICS[method])
        return filled
    number = 0.0 if method == "zero" else value
    if method not in ("zero", "value") or number is None:
        allowed = ", ".join(["zero", "value", *_STATISTICS, "nan"])
        raise InvalidData(
            f"Filling method '{method}' cannot be used here. Allowed are {allowed}; "
            "'value' also needs a number."
        )
    filled[where] = number
    return filled


def _fill_statistic(
    filled: FloatArray, known: FloatArray, where: _Mask, statistic: Callable[[FloatArray], Any]
) -> None:
    """Fill in place, gap by gap; a gap without a known value before it stays."""
    begins = where & ~np.pad(where, ((0, 0), (1, 0)))[:, :-1]
    for row, start in np.argwhere(begins):
        past = known[row, :start]
        past = past[~np.isnan(past)][-WINDOW:]
        gap = where[row, start:]
        length = len(gap) if gap.all() else int(np.argmin(gap))
        if past.size:
            filled[row, start : start + length] = statistic(past)
