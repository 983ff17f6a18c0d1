"""TestedErrors: how far the backtest of each series was from what it sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays
from forecast_service.engine.backtest import Backtest
from forecast_service.engine.panel import FloatArray

__all__ = ["TestedErrors", "errors_of"]

MEDIAN = 0.5


@dataclass(frozen=True)
class TestedErrors:
    """Sums over the tested days of each series, all (n,): |forecast - sales|, forecast - sales,
    sales, and the number of days. Days that are forecast as 0 and sold 0 (closed) do not count."""

    __test__ = False  # not a class of tests

    error: FloatArray
    bias: FloatArray
    sales: FloatArray
    days: FloatArray

    def take(self, rows: npt.NDArray[np.intp]) -> TestedErrors:
        """The errors of these rows; a new series (-1) has no days."""
        return TestedErrors(*(np.where(rows < 0, 0.0, sums[rows]) for sums in vars(self).values()))

    def facts(self) -> list[dict[str, Any] | None]:
        """JSON for each series: WAPE and bias as shares of the sales; None without sales."""
        columns = (sums.tolist() for sums in vars(self).values())
        return [
            {"wape": round(error / sales, 4), "bias": round(bias / sales, 4), "days": int(days)}
            if sales > 0
            else None
            for error, bias, sales, days in zip(*columns, strict=True)
        ]

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return dict(vars(self))

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TestedErrors:
        """The inverse of ``to_arrays``."""
        return cls(**{name: values.astype(np.float64) for name, values in arrays.items()})


def errors_of(tested: Backtest) -> TestedErrors | None:
    """The errors of a backtest's medians, or of its means without medians; None without a window.

    Source: ``engine.metrics`` for WAPE; the bias is its counterpart with signs.
    """
    if not tested.windows:
        return None
    actual = np.concatenate([window.actual for window in tested.windows], axis=1)
    forecast = np.concatenate(
        [
            window.quantiles[:, :, tested.levels.index(MEDIAN)]
            if MEDIAN in tested.levels
            else window.mean
            for window in tested.windows
        ],
        axis=1,
    )
    counts = np.isfinite(actual) & np.isfinite(forecast) & ~((actual == 0) & (forecast == 0))
    difference = np.where(counts, forecast - actual, 0.0)
    return TestedErrors(
        error=np.abs(difference).sum(axis=1),
        bias=difference.sum(axis=1),
        sales=np.where(counts, actual, 0.0).sum(axis=1),
        days=counts.sum(axis=1).astype(np.float64),
    )
