"""Times in imported files, parsed strictly by Amazon's TimestampFormat."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecast_service.common.arrow import from_times, to_numpy, to_times
from forecast_service.errors import InvalidData

__all__ = ["parse_times", "strptime_pattern"]

JODA = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%H",  # Amazon reads 24-hour times with it
    "mm": "%M",
    "ss": "%S",
}


@cache
def strptime_pattern(timestamp_format: str) -> str:
    """The strptime pattern of a TimestampFormat such as ``yyyy-MM-dd HH:mm:ss``.

    Raises
    ------
    InvalidData
        The format has a letter without a known meaning.
    """
    pattern = ""
    for letters, quoted, other in re.findall(r"([A-Za-z]+)|'([^']*)'|(.)", timestamp_format):
        for run in re.findall(r"((?:(.)\2*))", letters):
            if run[0] not in JODA:
                raise InvalidData(
                    f"Timestamp format '{timestamp_format}' holds '{run[0]}', which is not "
                    "understood. Use 'yyyy-MM-dd' or 'yyyy-MM-dd HH:mm:ss'."
                )
            pattern += JODA[run[0]]
        pattern += quoted + other
    return pattern


def parse_times(texts: pa.Array, timestamp_format: str) -> pa.Array:
    """Times (timestamp[ms]) of texts; null where a text does not fit the TimestampFormat."""
    pattern = strptime_pattern(timestamp_format)
    parsed = pc.strptime(texts, format=pattern, unit="s", error_is_null=True)
    # strptime reads February 30 as March 2, so only times that print back the same are trusted.
    same = pc.equal(pc.strftime(parsed, format=pattern), texts)
    doubtful = np.flatnonzero(~to_numpy(same, missing=0).astype(bool))
    times = to_times(parsed).copy()
    for index in doubtful:
        times[index] = _parse_strictly(texts[index].as_py(), pattern)
    return from_times(times)


def _parse_strictly(text: str | None, pattern: str) -> np.datetime64:
    try:
        return np.datetime64(datetime.strptime(text or "", pattern), "ms")
    except ValueError:
        return np.datetime64("NaT")
