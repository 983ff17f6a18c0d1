"""Which algorithms ``auto`` weighs for which series: those that suit its demand class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["MEMBERS", "groups"]

Rows = npt.NDArray[np.intp]

FREQUENT = ("pooled", "prophet", "seasonal_naive")
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

FEWEST = 10  # sparse series; the windows of fewer say too little about weights of their own


def groups(classes: Sequence[str] | npt.NDArray[np.str_]) -> dict[tuple[str, ...], Rows]:
    """Rows of the series that are trained and weighed together, by their members.

    Sparse series below ten go with the frequent ones, if there are any. Those of an unknown class
    go with the largest group.

    Example
    -------
    >>> [len(rows) for rows in groups(["lumpy"] * 10 + ["smooth", "unknown"]).values()]
    [1, 11]
    >>> [len(rows) for rows in groups(["lumpy"] * 9 + ["smooth"]).values()]
    [10]
    """
    is_sparse, is_frequent = np.isin(classes, SPARSE_CLASSES), np.isin(classes, FREQUENT_CLASSES)
    if is_frequent.any() and is_sparse.sum() < FEWEST:
        is_frequent, is_sparse = np.ones_like(is_frequent), np.zeros_like(is_sparse)
    elif is_sparse.sum() > is_frequent.sum():
        is_sparse = ~is_frequent
    else:
        is_frequent = ~is_sparse
    found = {FREQUENT: np.flatnonzero(is_frequent), SPARSE: np.flatnonzero(is_sparse)}
    return {members: rows for members, rows in found.items() if len(rows)}
