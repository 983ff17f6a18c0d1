"""The members of ``auto``: the algorithms that suit each demand class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Algorithm
from forecast_service.engine.boosted.boosted_regression import Boosted
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.prophet.prophet_algorithm import ProphetAlgorithm
from forecast_service.engine.simple.npts import Npts
from forecast_service.engine.simple.seasonal_naive import SeasonalNaive
from forecast_service.engine.simple.tsb import Tsb

__all__ = ["FREQUENT", "MEMBERS", "SPARSE", "WITHOUT_TREES", "groups", "is_sparse"]

Rows = npt.NDArray[np.intp]

_ALL: tuple[Algorithm, ...] = (
    Boosted(),
    Npts(),
    PooledRegression(),
    ProphetAlgorithm(),
    SeasonalNaive(),
    Tsb(),
)
MEMBERS = {member.name: member for member in _ALL}
"""All possible members, by name."""

FREQUENT = ("boosted", "prophet", "seasonal_naive")
"""Members for series that sell often; in a tie the first one gets the weight."""
WITHOUT_TREES = ("pooled", "prophet", "seasonal_naive")
"""The same if the library for trees cannot be loaded: the regression without trees."""
SPARSE = ("pooled", "tsb", "npts", "seasonal_naive")
"""Members for series that sell only now and then."""
SPARSE_CLASSES = ("intermittent", "lumpy")
FREQUENT_CLASSES = ("smooth", "erratic")


def is_sparse(demand: str) -> bool:
    """Whether series of this demand class sell only now and then."""
    return demand in SPARSE_CLASSES


def groups(
    classes: Sequence[str] | npt.NDArray[np.str_], frequent: tuple[str, ...] = FREQUENT
) -> dict[tuple[str, ...], Rows]:
    """Rows of the series that are trained together, by their members.

    Series of an unknown class join the larger group.

    Example
    -------
    >>> [len(rows) for rows in groups(["smooth", "erratic", "lumpy", "unknown"]).values()]
    [3, 1]
    """
    sparse, often = np.isin(classes, SPARSE_CLASSES), np.isin(classes, FREQUENT_CLASSES)
    if sparse.sum() > often.sum():
        sparse = ~often
    else:
        often = ~sparse
    both = {frequent: np.flatnonzero(often), SPARSE: np.flatnonzero(sparse)}
    return {members: rows for members, rows in both.items() if len(rows)}
