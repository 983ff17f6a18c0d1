"""Frequencies: recognises the rows of every series as days, weeks or months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forecast_service.common.names import natural_order
from forecast_service.engine.periods.frequency import WEEKDAYS
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.periods import (
    DAILY,
    MONDAY_OFFSET,
    WEEKDAY_NAMES,
    Periods,
    weekday_name,
)
from forecast_service.importer.files.sheets import Sheet
from forecast_service.importer.long_rows import DAYS, Ints, SeriesKey, series_title
from forecast_service.importer.values.text_columns import iso

__all__ = ["choose_periods"]

Flags = npt.NDArray[np.bool_]

MOSTLY = 0.9  # of the steps between rows; if so many agree, the others are mistakes
HALF = 0.5
WEEK_DAYS = 7
LEAST_STEPS = 3  # fewer steps between rows do not show whether they are weeks or months
SHORTEST_MONTH = 28
MONTHS = (30, 31)  # most frequent step in days, if a row is a month
FEW_MONTHS = (28, 29)  # the same, for a few months with a February
SLACK = 15  # steps that differ by at most a 15th count as equal: 90 and 92 days
EXAMPLES = 3
DAY_STEPS, WEEK_STEPS, MONTH_STEPS, LONG_STEPS = 1, 2, 3, 4  # 0: too few rows to tell
ROWS_OF = {
    DAY_STEPS: "one row per day",
    WEEK_STEPS: "one row per week",
    MONTH_STEPS: "one row per month",
    LONG_STEPS: "rows at other even distances",
}
STEPS_OF_UNIT = {"D": DAY_STEPS, "W": WEEK_STEPS, "M": MONTH_STEPS}


def choose_periods(
    sheets: Sequence[Sheet],
    keys: Sequence[SeriesKey],
    series: Ints,
    day: Ints,
    *,
    fixed: str | None,
    fresh: Flags | None,
    only_when_sold: bool = False,
) -> Periods:
    """The periods of the rows: those of the dataset group, or else by the steps between rows.

    Parameters
    ----------
    keys: store and item of every series.
    series, day: one entry per row of the sheets, one sheet after the other.
    fixed: frequency of the dataset group; None before its first import.
    fresh: flags the rows after the last sale of earlier imports. Only these show the periods:
        corrections of single days have steps of any size. None: this import replaces all data.
    only_when_sold: whether days without a row sold nothing, so that steps of any size are days.

    Raises
    ------
    InvalidData
        The rows are not days, weeks or months; some series have days and others weeks; they
        differ from the dataset group; or some weeks have another weekday.
    """
    rows = slice(None) if fresh is None else _enough_fresh_rows(series, fresh)
    if not only_when_sold:
        fixed_steps = None if fixed is None else STEPS_OF_UNIT[Periods(fixed).unit]
        _refuse_mixture(sheets[0].name, keys, _steps_of(series[rows], day[rows]), fixed_steps)
    periods = _recognise(series[rows], day[rows], only_when_sold=only_when_sold)
    if fixed is not None:
        # Weeks or months with missing rows look like days.
        allowed = {Periods(fixed).unit} if fresh is None else {Periods(fixed).unit, DAILY.unit}
        if periods is not None and periods.unit not in allowed:
            raise InvalidData(
                f"'{sheets[0].name}' has one row per {periods.noun}, but the dataset group has one "
                f"per {Periods(fixed).noun}. Import the same kind of data.",
                remedy=Remedy.REPLACE_KIND,
            )
        periods = Periods(fixed)
    periods = periods or DAILY
    if periods.unit == "W":
        _refuse_other_weekdays(sheets, periods)
    return periods


def _steps_of(series: Ints, day: Ints) -> dict[int, Ints]:
    """The series by the kind of their steps; a series with too few rows has none.

    Sales on a tenth of the days lie a week apart by chance, too: the more series there are, the
    more steps each must show.
    """
    code = np.unique(series * DAYS + day)
    steps, owner = np.diff(code % DAYS), code[:-1] // DAYS
    steps, owner = (a[np.diff(code // DAYS) == 0] for a in (steps, owner))
    n_series = int(owner.max(initial=0)) + 1
    count = np.bincount(owner, minlength=n_series)

    def share(flags: Flags) -> npt.NDArray[np.float64]:
        return np.bincount(owner, weights=flags, minlength=n_series) / np.maximum(count, 1)

    kind = np.zeros(n_series, dtype=np.int64)
    mean = np.bincount(owner, weights=steps, minlength=n_series) / np.maximum(count, 1)
    even = share(np.abs(steps - mean[owner]) <= mean[owner] / SLACK) >= MOSTLY
    kind[even & (mean > WEEK_DAYS)] = LONG_STEPS
    kind[share(steps < WEEK_DAYS) >= HALF] = DAY_STEPS
    kind[(share(steps % WEEK_DAYS == 0) >= MOSTLY) & (share(steps == WEEK_DAYS) > HALF)] = (
        WEEK_STEPS
    )
    kind[share((steps >= SHORTEST_MONTH) & (steps <= max(MONTHS))) >= MOSTLY] = MONTH_STEPS
    kind[count < LEAST_STEPS + np.log10(max(int((count > 0).sum()), 1))] = 0
    return {number: np.flatnonzero(kind == number) for number in ROWS_OF if (kind == number).any()}


def _refuse_mixture(
    name: str, keys: Sequence[SeriesKey], found: dict[int, Ints], fixed: int | None
) -> None:
    """Raise if some series have days and others weeks; ``fixed`` is of the dataset group."""
    if len(found) < 2 or not set(found) - {fixed}:
        return
    parts = [_described(keys, series, ROWS_OF[kind]) for kind, series in found.items()]
    raise InvalidData(
        f"'{name}' mixes frequencies: {'; '.join(parts)}. Send rows of one frequency for all, or "
        "import the others with FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP set to new names.",
        remedy=Remedy.COUNT_MISSING_AS_ZERO,
    )


def _described(keys: Sequence[SeriesKey], series: Ints, rows: str) -> str:
    names = sorted((series_title(keys[index]) for index in series), key=natural_order)
    noun = "item in a store" if keys[series[0]][1] else "store"
    many = f"{len(names):,} {noun.replace('item', 'items', 1) if ' ' in noun else noun + 's'}"
    such_as = ", such as" if len(names) > EXAMPLES else ":"
    subject = f"1 {noun} has" if len(names) == 1 else f"{many} have"
    return f"{subject} {rows}{such_as} {', '.join(names[:EXAMPLES])}"


def _recognise(series: Ints, day: Ints, *, only_when_sold: bool) -> Periods | None:
    """Periods by the most frequent step between rows of a series; None: too few rows."""
    code = np.sort(series * DAYS + day)
    steps = np.diff(code % DAYS)[np.diff(code // DAYS) == 0]
    steps = steps[steps > 0]
    if len(steps) < LEAST_STEPS:
        return None
    usual = int(np.argmax(np.bincount(steps)))
    if usual == 7 and (steps % 7 == 0).mean() >= MOSTLY:
        weekdays = np.bincount((day + MONDAY_OFFSET) % 7, minlength=7)
        begin = WEEKDAYS[int(np.argmax(weekdays))]
        return Periods("W" if begin == WEEKDAYS[0] else f"W-{begin}")
    is_month = usual in MONTHS or (usual in FEW_MONTHS and _follow_months(day))
    if is_month and (steps >= SHORTEST_MONTH).mean() >= MOSTLY:
        return Periods("M")
    if only_when_sold:
        return DAILY
    if usual >= 7 and (np.abs(steps - usual) <= usual // SLACK).mean() >= MOSTLY:
        about = "" if (steps == usual).all() else "about "
        raise InvalidData(
            f"The rows of a store are {about}{usual} days apart. Send one row per day, per week "
            "(always dated on the same weekday) or per month."
        )
    return DAILY


def _enough_fresh_rows(series: Ints, fresh: Flags) -> Flags:
    """The fresh rows of series that have enough of them to recognise their periods."""
    counts = np.bincount(series[fresh], minlength=int(series.max(initial=0)) + 1)
    return fresh & (counts > LEAST_STEPS)[series]


def _follow_months(day: Ints) -> bool:
    """Whether all dates have the same day of the month, or all are the last of their months."""
    days = day.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    from_start = days - months.astype("datetime64[D]")
    to_end = (months + 1).astype("datetime64[D]") - days
    return bool((from_start == from_start[0]).all() or (to_end == to_end[0]).all())


def _refuse_other_weekdays(sheets: Sequence[Sheet], weeks: Periods) -> None:
    for sheet in sheets:

        def describe(row: int, sheet: Sheet = sheet) -> str:
            day = int(sheet.days[row])
            return (
                f"{iso(day)} is a {weekday_name(day)}, but the other weeks are dated on "
                f"{WEEKDAY_NAMES[weeks.weekday]}s. Date every week on the same weekday"
            )

        findings = Findings(sheet.name, sheet.raw.places)
        wrong: npt.NDArray[np.bool_] = (sheet.days + MONDAY_OFFSET) % 7 != weeks.weekday
        findings.add(np.flatnonzero(wrong), describe)
        findings.refuse()
