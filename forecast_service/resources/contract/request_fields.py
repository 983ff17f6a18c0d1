"""Types of the fields of requests: what they allow, what they mean, and an example."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from forecast_service.common.sentences import shown

__all__ = [
    "NAME_LENGTH",
    "AllDigits",
    "Day",
    "Format",
    "ItemName",
    "Limit",
    "Moment",
    "Name",
    "Shape",
    "StoreNumber",
    "StoreNumbers",
    "StrictModel",
    "Time",
]

NAME_LENGTH = 256
MAX_STORES = 100_000  # an answer has fewer (reading.store_reader)
FIRST_YEAR, LAST_YEAR = 1970, 9998
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


Format = Annotated[
    str | None,
    Field(
        description="'csv', 'json' or 'xlsx', for people: rounded. It counts more than Accept.",
        examples=["csv"],
        json_schema_extra={"enum": ["csv", "json", "xlsx", None]},
    ),
]
Shape = Annotated[
    Literal["columns", "rows"] | None,
    Field(
        description="'rows': a list of {date, p10, p50, p90}, rounded, in place of Amazon's "
        "'result'. Without it, Amazon's names.",
        examples=["rows"],
    ),
]
AllDigits = Annotated[
    bool | None,
    Field(description="Numbers with all digits; the default without 'format'.", examples=[True]),
]


class StrictModel(BaseModel):
    """Refuses unknown fields and converts nothing: ``"1"`` is not a number, ``true`` is not 1."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _printable(value: str) -> str:
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("control characters are not allowed")
    return value


def _time(value: str) -> str:
    # fromisoformat also reads week dates and '20150801', which are mistakes in a request.
    try:
        moment = datetime.fromisoformat(value) if DAY.match(value) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError(
            f"write a time as '2015-08-01' or '2015-08-01T00:00:00' (ISO 8601), not {shown(value)}"
        )
    return value


def _day(value: str) -> str:
    try:
        day = DAY.fullmatch(value) and date.fromisoformat(value)
    except ValueError:
        day = None
    if not day:
        raise ValueError(f"write a day as '2015-08-01' (ISO 8601), not {shown(value)}")
    return value


def _moment(value: str) -> str:
    # Outside these years, a time zone can move a time out of the range of Python's datetime.
    if not FIRST_YEAR <= datetime.fromisoformat(_time(value)).year <= LAST_YEAR:
        raise ValueError(f"write a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value


# Blanks around a name are left out, as they are when a file is read.
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH),
    AfterValidator(_printable),
]
Time = Annotated[str, Field(max_length=40, examples=["2026-09-05"]), AfterValidator(_time)]
Moment = Annotated[
    str,
    Field(
        max_length=40,
        description="The day of the request, if it is not now; UTC without a zone.",
        examples=["2026-09-01T09:00:00Z"],
    ),
    AfterValidator(_moment),
]
Day = Annotated[
    str,
    Field(
        description="A day (ISO 8601).",
        examples=["2026-09-05"],
        json_schema_extra={"pattern": rf"^{DAY.pattern}$"},
    ),
    AfterValidator(_day),
]
StoreNumber = Annotated[
    Annotated[int, Field(ge=-(2**63), lt=2**63)] | Name,
    Field(
        description="Name of the store: a whole number or a text; the answer repeats it.",
        examples=[1],
    ),
]
StoreNumbers = Annotated[
    list[StoreNumber],
    Field(
        min_length=1,
        max_length=MAX_STORES,
        description="Names of several stores, instead of 'store_number'.",
        examples=[[1, 2]],
    ),
]
ItemName = Annotated[
    Name, Field(description="An item; without one, the sales of all items.", examples=["milk"])
]
Limit = Annotated[
    int,
    Field(
        ge=1,
        le=1000,
        description="Longest answer.",
        examples=[100],
        json_schema_extra={"x-unit": "entries"},
    ),
]
