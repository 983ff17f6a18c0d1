"""Dormant series: they stopped selling long ago, while the others go on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.periods.frequency import parse_frequency

__all__ = ["find_dormant", "last_sales", "without_silence"]

SILENT = {"D": 56, "H": 24 * 56, "min": 24 * 60 * 56, "W": 8, "M": 3, "Y": 2}
LEAST_SILENT = 2  # periods
LONGEST_GAPS = 2  # also more than so many times the longest gap of the series so far
AWAKE = 0.5  # of the series that sold just before, so many must have sold in half of that time

Rows = npt.NDArray[np.intp]


def last_sales(panel: Panel) -> Rows:
    """Index of the last period with a sale of each series, (n,); -1 for a series without any."""
    sells = np.nan_to_num(panel.target) > 0
    last = panel.n_periods - 1 - np.argmax(sells[:, ::-1], axis=1)
    return np.where(sells.any(axis=1), last, -1).astype(np.intp)


def find_dormant(panel: Panel, future: KnownFuture) -> Rows:
    """Rows of the dormant series: no sale for 56 days (8 weeks, 3 months), others sell.

    The silence is also longer than twice the longest gap between two sales before it. A series
    whose days are marked as closed is not dormant if the known future has open days for it.
    """
    rows = _silent(panel)
    return rows[~_returns(panel.take(rows), future.take(rows))]


def without_silence(panel: Panel) -> Panel:
    """The panel with the open days after the last sale of a silent series as unknown.

    A store that has closed for good is no fall of demand: models of all series must not learn it.
    """
    rows = _silent(panel)
    silent = panel.take(rows)
    sold = find_closing(silent).open_target(silent)
    after = np.arange(panel.n_periods) > last_sales(silent)[:, None]
    if not (after & np.isfinite(sold)).any():
        return panel
    target = panel.target.copy()
    target[rows] = np.where(after & np.isfinite(sold), np.nan, target[rows])
    return replace(panel, target=target)


def _silent(panel: Panel) -> Rows:
    """Rows of the series that are silent for long, while others sell."""
    needed = parse_frequency(panel.frequency).count(SILENT, LEAST_SILENT)
    if panel.n_series < 2 or not _others_sell(panel, needed):
        return np.zeros(0, dtype=np.intp)
    last = last_sales(panel)
    silent = panel.n_periods - 1 - last
    rows = [
        row
        for row in np.flatnonzero((last >= 0) & (silent >= needed)).tolist()
        if silent[row] > LONGEST_GAPS * _longest_gap(panel, row)
    ]
    return np.array(rows, dtype=np.intp)


def _others_sell(panel: Panel, needed: int) -> bool:
    """Whether the chain goes on: most series that sold shortly before still sell.

    Items that ended long ago do not count, so a catalogue may consist mostly of them.
    """
    sells = np.nan_to_num(panel.target) > 0
    recent, before = max(needed // 2, 1), slice(-needed - max(needed // 2, 1), None)
    now = int(sells[:, -recent:].any(axis=1).sum())
    return now > 0 and now >= AWAKE * sells[:, before].any(axis=1).sum()


def _longest_gap(panel: Panel, row: int) -> int:
    sales = np.flatnonzero(np.nan_to_num(panel.target[row]) > 0)
    return int(np.diff(sales).max()) if len(sales) > 1 else 1


def _returns(panel: Panel, future: KnownFuture) -> npt.NDArray[np.bool_]:
    """Whether most silent days are marked as closed and some coming days as open, (n,)."""
    closing = find_closing(panel)
    if closing.covariate is None or closing.covariate not in future.covariates:
        return np.zeros(panel.n_series, dtype=bool)
    silence = np.arange(panel.n_periods) > last_sales(panel)[:, None]
    closed = silence & closing.closed(panel.covariates, silence.shape)
    ahead = closing.closed(future.covariates, (panel.n_series, future.horizon))
    was_closed = closed.sum(axis=1) > 0.5 * silence.sum(axis=1)
    return np.asarray(was_closed & ~ahead.all(axis=1))
