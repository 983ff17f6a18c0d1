"""The series that a TimeSeriesSelector names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecast_service.common.keys import series_key
from forecast_service.errors import InvalidData
from forecast_service.local.jobs.aggregation import series_rows
from forecast_service.local.jobs.job import Job
from forecast_service.local.jobs.supplied.supplied_rows import read_rows, supplied_schema

__all__ = ["Key", "require_some", "selected_keys"]

Key = tuple[str, ...]


def selected_keys(
    job: Job, selector: Mapping[str, Any] | None, names: Sequence[str]
) -> set[Key] | None:
    """The series that the selector's file lists, or None for all series.

    ``names`` are the fields that identify a series: the item, then the dimensions.

    Raises
    ------
    InvalidData
        The file cannot be read, or does not fit its schema.
    """
    identifiers = (selector or {}).get("TimeSeriesIdentifiers")
    if not identifiers:
        return None
    source = {**identifiers["DataSource"], "Format": identifiers.get("Format", "CSV")}
    table = read_rows(job, source, supplied_schema(names, identifiers["Schema"]))
    return set(series_rows(table, names).keys)


def require_some(chosen: Sequence[Key], listed: set[Key]) -> None:
    """Refuse a selection without any series that exists; unknown ones are skipped silently.

    Raises
    ------
    InvalidData
        The message names one of the listed series.
    """
    if not chosen:
        raise InvalidData(
            f"None of the {len(listed)} series of the TimeSeriesSelector, such as "
            f"{series_key(min(listed))}, exists. List identifiers of the target time series."
        )
