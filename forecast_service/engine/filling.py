"""Missing values: what stands in for them, by Amazon Forecast's filling rules.

``zero``, ``value`` (a given number), or ``mean``, ``median``, ``min``, ``max`` of the 64 newest
entries before the gap; ``nan`` or None leaves the gap. Filled entries never count as known.
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

WINDOW = 64  # entries before a gap from which a statistic is taken

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

    ``middle`` fills between a series' own first and last known value, ``back`` from its last one
    to the end. Nothing is filled in front of the first. ``values`` holds the numbers that go with
    the method ``value``, under ``middle`` and ``back``.

    Raises
    ------
    InvalidData
        A method that does not exist, or ``value`` without its number.

    Example
    -------
    >>> x = np.array([[np.nan, 1.0, np.nan, 3.0, np.nan]])
    >>> fill_target(x, "mean", "zero").tolist()
    [[nan, 1.0, 1.0, 3.0, 0.0]]
    """
    between, after = _regions(target)
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

    ``middle`` and ``back`` are for the first ``n_history`` periods, as for the target; ``future``
    fills every gap of the periods after them. Otherwise like ``fill_target``.
    """
    gaps = np.isnan(covariate)
    between, after, coming = np.zeros((3, *covariate.shape), dtype=bool)
    between[:, :n_history], after[:, :n_history] = _regions(covariate[:, :n_history])
    coming[:, n_history:] = gaps[:, n_history:]
    filled = _fill(covariate, covariate, between, middle, values.get("middle"))
    filled = _fill(filled, covariate, after, back, values.get("back"))
    return _fill(filled, covariate, coming, future, values.get("future"))


def _regions(values: FloatArray) -> tuple[_Mask, _Mask]:
    """The gaps between the first and the last known value of each row, and those after it."""
    known = ~np.isnan(values)
    begun = np.logical_or.accumulate(known, axis=1)
    goes_on = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    return ~known & begun & goes_on, ~known & begun & ~goes_on


def _fill(
    values: FloatArray, known: FloatArray, where: _Mask, method: str | None, value: float | None
) -> FloatArray:
    """Copy of ``values`` with ``method`` applied ``where``; statistics look at ``known``."""
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
            "'value' needs a number beside it."
        )
    filled[where] = number
    return filled


def _fill_statistic(
    filled: FloatArray, known: FloatArray, where: _Mask, statistic: Callable[[FloatArray], Any]
) -> None:
    """Fill in place, gap by gap; a gap with nothing known before it stays."""
    begins = where & ~np.pad(where, ((0, 0), (1, 0)))[:, :-1]
    for row, start in np.argwhere(begins):
        past = known[row, :start]
        past = past[~np.isnan(past)][-WINDOW:]
        rest = where[row, start:]
        length = len(rest) if rest.all() else int(np.argmin(rest))
        if past.size:
            filled[row, start : start + length] = statistic(past)
