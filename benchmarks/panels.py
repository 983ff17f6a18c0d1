"""Files in any layout that the importer knows, as the engine's arrays; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.importer.longrows import LongRows
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding import understand
from forecast_service.settings import Settings

__all__ = ["read_panel"]


def read_panel(files: Mapping[str, Path], horizon: int | None = None) -> tuple[Panel, KnownFuture]:
    """Every series of the files (by role, as an import takes them), and the days to come.

    ``horizon`` defaults to the days that the files say something about.
    """
    found = understand(files, "FULL", ImportOptions(), Settings(horizon=horizon), None)
    sold = found.sold
    first, last = int(sold.first[sold.first >= 0].min()), int(sold.last.max())
    days = np.arange(first, last + 1 + found.horizon)
    rows = np.flatnonzero(sold.last >= 0)
    shape = (len(sold.rows.keys), len(days))
    past = slice(0, last + 1 - first)
    covariates = {}
    if found.related is not None:
        covariates = {
            name: _matrix(found.related.rows, name, first, shape)[rows] for name in found.covariates
        }
    times = days.astype("datetime64[D]").astype("datetime64[s]")
    panel = Panel(
        keys=tuple(tuple(part for part in sold.rows.keys[row] if part) for row in rows),
        timestamps=times[past],
        frequency="D",
        target=_matrix(sold.rows, "target", first, shape)[rows, past],
        covariates={name: values[:, past] for name, values in covariates.items()},
    )
    ahead = {name: values[:, past.stop :] for name, values in covariates.items()}
    return panel, KnownFuture(times[past.stop :], ahead)


def _matrix(rows: LongRows, name: str, first: int, shape: tuple[int, int]) -> FloatArray:
    found = np.full(shape, np.nan)
    inside = (rows.day >= first) & (rows.day < first + shape[1])
    found[rows.series[inside], rows.day[inside] - first] = rows.values[name][inside]
    return found
