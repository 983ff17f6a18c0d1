"""Which algorithms ``auto`` weighs for which series: those that suit its demand class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

__all__ = ["MEMBERS", "REGRESSION", "groups"]

Rows = npt.NDArray[np.intp]

REGRESSION = "boosted" if find_spec("lightgbm") else "pooled"
"""The trees need an optional package; without it their regression goes alone."""

FREQUENT = (REGRESSION, "prophet", "seasonal_naive")
SPARSE = ("pooled", "tsb", "npts", "seasonal_naive")
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "smooth": FREQUENT,
    "erratic": FREQUENT,
    "intermittent": SPARSE,
    "lumpy": SPARSE,
}
"""Candidates by demand class; of equals, the first one gets the weight."""
SPARSE_CLASSES = [demand for demand, members in MEMBERS.items() if members == SPARSE]
FREQUENT_CLASSES = [demand for demand, members in MEMBERS.items() if members == FREQUENT]


def groups(classes: Sequence[str] | npt.NDArray[np.str_]) -> dict[tuple[str, ...], Rows]:
    """Rows of the series that are trained and weighed together, by their members.

    Those of an unknown class go with the larger group.

    Example
    -------
    >>> [len(rows) for rows in groups(["smooth", "erratic", "lumpy", "unknown"]).values()]
    [3, 1]
    """
    is_sparse, is_frequent = np.isin(classes, SPARSE_CLASSES), np.isin(classes, FREQUENT_CLASSES)
    if is_sparse.sum() > is_frequent.sum():
        is_sparse = ~is_frequent
    else:
        is_frequent = ~is_sparse
    found = {FREQUENT: np.flatnonzero(is_frequent), SPARSE: np.flatnonzero(is_sparse)}
    return {members: rows for members, rows in found.items() if len(rows)}
