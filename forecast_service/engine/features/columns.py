"""A column of a regression: its name, its shrinkage group, and the part of a forecast it is in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Block", "Column", "Single"]

Single = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Column:
    """Columns of a ``group`` share a prior variance, those of a ``part`` one contribution.

    ``own``: each series has a deviation from the common effect.
    """

    name: str
    group: str
    part: str
    own: bool = False


@dataclass(frozen=True)
class Block:
    """A column with its values, (T,) or (rows, T)."""

    column: Column
    values: npt.NDArray[np.generic]
