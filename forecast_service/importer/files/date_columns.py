"""Date columns in two parts: year and week, or year and month, joined into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.importer.files.columns import ALIASES, snake
from forecast_service.importer.files.text_tables import RawTable

__all__ = ["with_joined_dates"]

YEARS = ("year", "iso_year", "jahr", "calendar_year", "fiscal_year")
PARTS: Mapping[str, tuple[str, ...]] = {
    "-W": ("week", "iso_week", "week_of_year", "week_number", "week_no", "calendar_week", "kw",
           "woche", "kalenderwoche"),
    "-": ("month", "month_number", "month_no", "monat"),
}  # fmt: skip
NAMES = {"-W": "year week", "-": "year month"}  # recognised as dates
DAYS = ("day", "day_of_month", "tag")


def with_joined_dates(raw: RawTable) -> RawTable:
    """The file with one more column, if its dates are a year and the number of a week or month."""
    by_slug = {snake(name): name for name in reversed(raw.header)}
    parts = {slug for slugs in PARTS.values() for slug in slugs}
    if any(slug in by_slug for slug in (*DAYS, *ALIASES["date"]) if slug not in parts):
        return raw
    year = next((by_slug[slug] for slug in YEARS if slug in by_slug), None)
    for between, slugs in PARTS.items():
        part = next((by_slug[slug] for slug in slugs if slug in by_slug), None)
        if year is not None and part is not None and _are_numbers(raw.table[part]):
            joined = pc.binary_join_element_wise(
                _whole(raw.table[year]), pc.utf8_lpad(_whole(raw.table[part]), 2, "0"), between
            )
            return replace(raw, table=raw.table.append_column(NAMES[between], joined))
    return raw


def _are_numbers(column: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.match_substring_regex(_whole(column), r"^\d{1,2}$")).as_py())


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.replace_substring_regex(text, r"\.0+$", "")
