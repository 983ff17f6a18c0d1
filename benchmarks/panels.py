"""Reads files in any layout of the importer into the engine's arrays, without storing them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.long_rows import Ints, LongRows
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.understanding import understand
from forecast_service.settings import Settings

__all__ = ["add_column_option", "read_panel"]


def add_column_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names columns of the files."""
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="column of a role, such as store=Filiale; may be repeated",
    )


def read_panel(
    files: Mapping[str, Path], horizon: int | None = None, columns: Sequence[str] = ()
) -> tuple[Panel, KnownFuture]:
    """Every series of the files (by role, as in an import), and the coming periods.

    ``horizon`` defaults to the number of future periods in the files. ``columns`` names
    columns that are not recognised: ``store=Filiale``.
    """
    options = ImportOptions.from_dict({"columns": list(columns)})
    content = understand(files, "FULL", options, Settings(horizon=horizon), None)
    sales = content.sales
    periods = Periods(content.frequency)
    first, last = sales.first[sales.first >= 0].min(), sales.last.max()
    known = int(periods.between(first, last)) + 1
    starts = periods.after(first, np.arange(known + content.horizon))
    rows = np.flatnonzero(sales.last >= 0)
    shape = (len(sales.rows.keys), len(starts))
    past = slice(0, known)
    covariates = {}
    if content.related is not None:
        covariates = {
            name: _matrix(content.related.rows, name, starts, shape)[rows]
            for name in content.covariates
        }
    times = starts.astype("datetime64[D]").astype("datetime64[s]")
    panel = Panel(
        keys=tuple(tuple(part for part in sales.rows.keys[row] if part) for row in rows),
        timestamps=times[past],
        frequency=content.frequency,
        target=_matrix(sales.rows, "demand", starts, shape)[rows, past],
        covariates={name: values[:, past] for name, values in covariates.items()},
    )
    ahead = {name: values[:, past.stop :] for name, values in covariates.items()}
    return panel, KnownFuture(times[past.stop :], ahead)


def _matrix(rows: LongRows, name: str, starts: Ints, shape: tuple[int, int]) -> FloatArray:
    matrix = np.full(shape, np.nan)
    inside = (rows.day >= starts[0]) & (rows.day <= starts[-1])
    place = np.searchsorted(starts, rows.day[inside])
    matrix[rows.series[inside], place] = rows.values[name][inside]
    return matrix
