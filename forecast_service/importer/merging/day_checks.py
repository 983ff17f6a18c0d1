"""Checks of the days of all sheets: days that occur twice, and days far from all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.errors import Remedy
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.values.text_columns import iso

__all__ = ["refuse_duplicates", "refuse_isolated_days"]

MAX_GAP_DAYS = 366  # without a row in any store; after a longer gap, a date is mistyped


def refuse_duplicates(
    sheets: Sequence[Sheet], order: npt.NDArray[np.intp], same: npt.NDArray[np.bool_]
) -> None:
    """Raise for every store-day that occurs twice.

    ``order`` sorts the rows of all sheets by series and day, stably. ``same[i]``: the rows
    ``order[i]`` and ``order[i + 1]`` have the same series and day.
    """
    starts = np.cumsum([0, *(sheet.rows for sheet in sheets)])
    at = np.flatnonzero(same)
    where = np.searchsorted(starts, order[at + 1], side="right") - 1
    for number, sheet in enumerate(sheets):
        pairs = at[where == number]
        second = order[pairs + 1] - starts[number]
        first = dict(zip(second.tolist(), order[pairs].tolist(), strict=True))
        findings = Findings(sheet.name, sheet.raw.places)

        def describe(row: int, sheet: Sheet = sheet, first: dict[int, int] = first) -> str:
            place = _place(sheets, starts, first[row])
            return say("second_row", series=_key(sheet, row), place=place)

        findings.add(np.sort(second), describe, Remedy.ADD_UP_ROWS)
        findings.refuse()


def refuse_isolated_days(sheets: Sequence[Sheet]) -> None:
    """Raise if some dates lie more than a year away from most others: a mistyped year."""
    days = np.unique(np.concatenate([sheet.days for sheet in sheets]))
    breaks = np.flatnonzero(np.diff(days) > MAX_GAP_DAYS)
    if not len(breaks):
        return
    before, after = int(days[breaks[0]]), int(days[breaks[0] + 1])
    count_before = sum(int((sheet.days <= before).sum()) for sheet in sheets)
    odd_before = count_before * 2 < sum(sheet.rows for sheet in sheets)
    other = iso(after if odd_before else before)

    for sheet in sheets:

        def describe(row: int, sheet: Sheet = sheet) -> str:
            return (
                f"{iso(sheet.days[row])} is at least {after - before:,} days away from {other}, "
                f"with no row in between; at most {MAX_GAP_DAYS} are allowed. Is the year mistyped?"
            )

        findings = Findings(sheet.name, sheet.raw.places)
        odd = sheet.days <= before if odd_before else sheet.days >= after
        findings.add(np.flatnonzero(odd), describe)
        findings.refuse()


def _key(sheet: Sheet, row: int) -> str:
    store = sheet.stores.names[sheet.stores.values[row]]
    item = f", item '{sheet.items.names[sheet.items.values[row]]}'" if sheet.items else ""
    return f"store '{store}'{item} on {iso(sheet.days[row])}"


def _place(sheets: Sequence[Sheet], starts: npt.NDArray[np.int64], row: int) -> str:
    number = int(np.searchsorted(starts, row, side="right")) - 1
    sheet = sheets[number]
    return f"{sheet.raw.places([row - int(starts[number])])[0]} of '{sheet.name}'"
