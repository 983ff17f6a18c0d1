"""Future sales: a sale dated after tomorrow is a mistyped date, so its file is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from forecast_service.common.instants import today
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.values.text_columns import day_of, iso

__all__ = ["last_possible_day", "refuse_future_sales", "why_not_sold"]


def last_possible_day(timezone: str, now: datetime | None = None) -> int:
    """Tomorrow in this time zone: the last day that a sale may have (days since 1970-01-01)."""
    return day_of((today(timezone, now) + timedelta(days=1)).isoformat())


def refuse_future_sales(sheets: Sequence[Sheet], last_day: int) -> None:
    """Raise for every row with a sale after ``last_day``.

    Raises
    ------
    InvalidData
        ``errors`` has the line numbers.
    """
    for sheet in sheets:
        if sheet.target is None:
            continue
        late = np.flatnonzero((sheet.days > last_day) & ~np.isnan(sheet.target))

        def describe(row: int, sheet: Sheet = sheet) -> str:
            store = sheet.stores.names[sheet.stores.values[row]]
            return f"store '{store}' {why_not_sold(iso(int(sheet.days[row])), last_day)}"

        findings = Findings(sheet.name, sheet.raw.places)
        findings.add(late, describe)
        findings.refuse()


def why_not_sold(day: str, last_day: int) -> str:
    """The end of the sentence that refuses a sale on ``day``."""
    return (
        f"has a sale on {day}, which is still to come; sales are dated {iso(last_day)} (tomorrow) "
        "at the latest. Correct the date, or leave the sales of coming days empty"
    )
