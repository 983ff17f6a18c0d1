"""One column of a regression: its name, whom it shares its shrinkage with, what it explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Block", "Column", "Single"]

Single = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Column:
    """``group`` shares a prior variance, ``part`` a contribution; ``own``: differs by series."""

    name: str
    group: str
    part: str
    own: bool = False


@dataclass(frozen=True)
class Block:
    """A column with its values, (T,) or (rows, T)."""

    column: Column
    values: npt.NDArray[np.generic]
