"""Requests as strict pydantic models of bodies and queries. Unknown names are refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from forecast_service.common.sentences import shown

__all__ = [
    "NAME_LENGTH",
    "Day",
    "ForecastBody",
    "ForecastQuery",
    "FormatQuery",
    "HistoryQuery",
    "ListQuery",
    "Name",
    "ReadyQuery",
    "SeriesBody",
    "ShapeQuery",
    "StoreNumber",
    "StoresQuery",
    "StrictModel",
    "TrainingBody",
    "UndoQuery",
    "WhatIfBody",
    "schema_of",
]

NAME_LENGTH = 256
MAX_STORES = 100_000  # an answer has fewer (reading.store_reader)
MAX_ITEMS = 5000
MAX_WHAT_IF_STORES = 1000  # a what-if is computed while the caller waits
MAX_CHANGES = 50
FIRST_YEAR, LAST_YEAR = 1970, 9998
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


Format = Annotated[
    str | None,
    Field(
        description="'csv', 'json' or 'xlsx', for people: rounded. It counts more than Accept.",
        json_schema_extra={"enum": ["csv", "json", "xlsx", None]},
    ),
]
AllDigits = Annotated[
    bool | None, Field(description="Numbers with all digits; the default without 'format'.")
]


Shape = Annotated[
    Literal["columns", "rows"] | None,
    Field(
        description="'rows': a list of {date, p10, p50, p90}, rounded, in place of Amazon's "
        "'result'. Without it, Amazon's names."
    ),
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
Time = Annotated[str, Field(max_length=40), AfterValidator(_time)]
Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
Day = Annotated[
    str, Field(json_schema_extra={"pattern": rf"^{DAY.pattern}$"}), AfterValidator(_day)
]
StoreNumber = (
    Annotated[
        int, Field(ge=-(2**63), lt=2**63, description="A whole number; the answer repeats it.")
    ]
    | Annotated[Name, Field(description="Or a name as text; the answer repeats it.")]
)
StoreNumbers = Annotated[list[StoreNumber], Field(min_length=1, max_length=MAX_STORES)]
Limit = Annotated[int, Field(ge=1, le=1000)]


class SeriesBody(StrictModel):
    """One store or many, and a range of days."""

    store_number: StoreNumber | None = None
    store_numbers: StoreNumbers | None = None
    forecast_start_date: Time | None = None
    forecast_end_date: Time | None = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if (self.store_number is None) == (self.store_numbers is None):
            raise ValueError("send either 'store_number' or 'store_numbers'")
        if _instant(self.forecast_start_date) > _instant(self.forecast_end_date, datetime.max):
            raise ValueError("'forecast_start_date' is after 'forecast_end_date'")
        return self

    def items(self) -> tuple[str, ...]:
        """The items, each once, in the order of the request."""
        item: str | list[str] | None = getattr(self, "item", None)
        if item is None:
            return ()
        return (item,) if isinstance(item, str) else tuple(dict.fromkeys(item))


class ForecastBody(SeriesBody):
    """Question for a forecast: one store or many, items, a range of days.

    Without ``item``, sales per item give the total of each store, and of one store also a page of
    its items.
    """

    item: (
        Annotated[Name, Field(description="An item; without one, all items of the store.")]
        | Annotated[list[Name], Field(min_length=1, max_length=MAX_ITEMS)]
        | None
    ) = None
    limit: (
        Annotated[int, Field(ge=1, le=MAX_ITEMS, description="Most items of the answer.")] | None
    ) = None
    after: Annotated[Name, Field(description="The last item of the page before.")] | None = None

    @model_validator(mode="after")
    def _pages_of_a_store(self) -> Self:
        is_paged = self.limit is not None or self.after is not None
        if is_paged and (self.item is not None or self.store_numbers is not None):
            raise ValueError(
                "'limit' and 'after' are for all items of one store: leave 'item' and "
                "'store_numbers' out"
            )
        return self


def _instant(value: str | None, missing: datetime = datetime.min) -> datetime:
    return missing if value is None else datetime.fromisoformat(value).replace(tzinfo=None)


class FormatQuery(StrictModel):
    """The form of an answer."""

    format: Format = None
    full: AllDigits = None


class ShapeQuery(FormatQuery):
    """The form and the shape of an answer."""

    shape: Shape = None


class ForecastQuery(ForecastBody):
    """The same question in a query string. Separate ``store_numbers`` by commas, or repeat it.

    A repeated one, and the name of a store with a comma, are taken as they are.
    """

    format: Format = None
    full: AllDigits = None
    shape: Shape = None


class ChangeRow(StrictModel):
    """Sets a covariate to a value on some days. Without ``to``, on the day ``from`` only."""

    covariate: Annotated[
        Name, Field(description="Name of the covariate, or of its column in the file.")
    ]
    value: Annotated[float, Field(allow_inf_nan=False)] | Name
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> ChangeRow:
        if self.last is not None and self.first > self.last:
            raise ValueError(f"'from' ({self.first}) is after 'to' ({self.last})")
        return self


class WhatIfBody(SeriesBody):
    """Question for a forecast with changed covariates."""

    item: Name | None = None
    store_numbers: (
        Annotated[list[StoreNumber], Field(min_length=1, max_length=MAX_WHAT_IF_STORES)] | None
    ) = None
    changes: Annotated[list[ChangeRow], Field(min_length=1, max_length=MAX_CHANGES)]


class TrainingBody(StrictModel):
    """A retrain request. A training is always over all stores."""

    store_number: StoreNumber
    train_request_date: Moment | None = None
    force: bool = False


class ListQuery(StrictModel):
    """Length of a list, newest first."""

    limit: Limit = 100


class UndoQuery(StrictModel):
    """Whether the imports that were loaded with this one are undone, too."""

    together: bool = False


class StoresQuery(StrictModel):
    """A page of the stores; ``after`` is the last store of the page before."""

    limit: Limit | None = None
    after: Name | None = None
    region: Name | None = None
    format: Format = None
    full: AllDigits = None


class HistoryQuery(StrictModel):
    """A range of days of a store's sales."""

    item: Name | None = None
    start: Day | None = None
    end: Day | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] | None = None
    format: Format = None
    full: AllDigits = None


class ReadyQuery(StrictModel):
    """``forecast``: not ready without a forecast."""

    forecast: bool = False


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of a model; its references point into an OpenAPI document."""
    return model.model_json_schema(ref_template="#/components/schemas/{model}")
