"""Files in any layout that the importer knows, as the engine's arrays; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import Ints, LongRows
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.understanding import understand
from forecast_service.settings import Settings

__all__ = ["read_panel"]


def read_panel(files: Mapping[str, Path], horizon: int | None = None) -> tuple[Panel, KnownFuture]:
    """Every series of the files (by role, as an import takes them), and the periods to come.

    ``horizon`` defaults to the periods that the files say something about.
    """
    found = understand(files, "FULL", ImportOptions(), Settings(horizon=horizon), None)
    sales = found.sales
    periods = Periods(found.frequency)
    first, last = sales.first[sales.first >= 0].min(), sales.last.max()
    known = int(periods.between(first, last)) + 1
    starts = periods.after(first, np.arange(known + found.horizon))
    rows = np.flatnonzero(sales.last >= 0)
    shape = (len(sales.rows.keys), len(starts))
    past = slice(0, known)
    covariates = {}
    if found.related is not None:
        covariates = {
            name: _matrix(found.related.rows, name, starts, shape)[rows]
            for name in found.covariates
        }
    times = starts.astype("datetime64[D]").astype("datetime64[s]")
    panel = Panel(
        keys=tuple(tuple(part for part in sales.rows.keys[row] if part) for row in rows),
        timestamps=times[past],
        frequency=found.frequency,
        target=_matrix(sales.rows, "demand", starts, shape)[rows, past],
        covariates={name: values[:, past] for name, values in covariates.items()},
    )
    ahead = {name: values[:, past.stop :] for name, values in covariates.items()}
    return panel, KnownFuture(times[past.stop :], ahead)


def _matrix(rows: LongRows, name: str, starts: Ints, shape: tuple[int, int]) -> FloatArray:
    found = np.full(shape, np.nan)
    inside = (rows.day >= starts[0]) & (rows.day <= starts[-1])
    place = np.searchsorted(starts, rows.day[inside])
    found[rows.series[inside], place] = rows.values[name][inside]
    return found
