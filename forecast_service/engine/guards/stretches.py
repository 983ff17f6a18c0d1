"""Stretches: periods in a row that have something in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["stretches"]


def stretches(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and stop of each row of true flags (T,).

    >>> stretches(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
