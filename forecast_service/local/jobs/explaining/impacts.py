"""Impacts of attributes, by series and time, and their aggregates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.common.keys import series_key
from forecast_service.engine.panel import FloatArray
from forecast_service.storage.planning.forecast_parts import StoredParts

__all__ = ["AGGREGATE", "Impacts"]

AGGREGATE = series_key([])  # in place of the key of a series: all of them together


@dataclass(frozen=True)
class Impacts:
    """Raw impacts (n, horizon) of each attribute, in units of the target."""

    keys: Sequence[tuple[str, ...]]
    values: Mapping[str, FloatArray]

    def stored(
        self, arn: str, times: npt.NDArray[np.intp] | None, *, by_series: bool
    ) -> list[StoredParts]:
        """A row for all series together and, on request, one per series.

        Each has the impacts at ``times`` (indices into the horizon; None: no single ones), then
        their aggregate over time.
        """
        rows = [StoredParts(arn, AGGREGATE, _over_series(self.values, times))]
        for row, key in enumerate(self.keys if by_series else ()):
            own = {name: values[row : row + 1] for name, values in self.values.items()}
            rows.append(StoredParts(arn, series_key(key), _over_series(own, times)))
        return rows


def _over_series(
    values: Mapping[str, FloatArray], times: npt.NDArray[np.intp] | None
) -> dict[str, FloatArray]:
    columns = {}
    for name, impacts in values.items():
        chosen = impacts if times is None else impacts[:, times]
        single = [] if times is None else [_together(chosen[:, at]) for at in range(len(times))]
        columns[name] = np.array([*single, _together(chosen)])
    return columns


def _together(impacts: FloatArray) -> float:
    """The mean size of impacts, with the sign of their sum: opposite ones do not cancel out."""
    size = float(np.abs(impacts).mean()) if impacts.size else 0.0
    return -size if impacts.sum() < 0 else size
