"""What may be sent: strict pydantic models of bodies and queries; a name not listed is refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from forecast_service.common.sentences import shown

__all__ = [
    "NAME_LENGTH",
    "ForecastBody",
    "ForecastQuery",
    "HistoryQuery",
    "ImportQuery",
    "ListQuery",
    "ReadyQuery",
    "SaleRow",
    "SalesBody",
    "StoresQuery",
    "StrictModel",
    "TrainingBody",
    "WhatIfBody",
    "schema_of",
]

NAME_LENGTH = 256
MAX_STORES = 5000
MAX_SALES = 100_000
MAX_SUPPOSED = 1000  # stores of a what-if, which is computed while its asker waits
MAX_CHANGES = 50
FIRST_YEAR, LAST_YEAR = 1970, 9998
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class StrictModel(BaseModel):
    """Nothing unknown, nothing converted: ``"1"`` is no number and ``true`` is no 1."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _printable(value: str) -> str:
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("control characters are not allowed")
    return value


def _time(value: str) -> str:
    # fromisoformat also reads week dates and '20150801', which nobody means in a request.
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
        found = DAY.fullmatch(value) and date.fromisoformat(value)
    except ValueError:
        found = None
    if not found:
        raise ValueError(f"write a day as '2015-08-01' (ISO 8601), not {shown(value)}")
    return value


def _moment(value: str) -> str:
    # Beyond these years a zone can carry a moment out of what Python's datetime can hold.
    if not FIRST_YEAR <= datetime.fromisoformat(_time(value)).year <= LAST_YEAR:
        raise ValueError(f"write a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_printable)]
Time = Annotated[str, Field(max_length=40), AfterValidator(_time)]
Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
Day = Annotated[
    str, Field(json_schema_extra={"pattern": rf"^{DAY.pattern}$"}), AfterValidator(_day)
]
StoreNumber = (
    Annotated[int, Field(ge=-(2**63), lt=2**63, description="A whole number, echoed as sent.")]
    | Annotated[Name, Field(description="Or its identifier as text, echoed as sent.")]
)
StoreNumbers = Annotated[list[StoreNumber], Field(min_length=1, max_length=MAX_STORES)]
Limit = Annotated[int, Field(ge=1, le=1000)]


class ForecastBody(StrictModel):
    """Which forecast is wanted: one store or many, an item, a range of days."""

    store_number: StoreNumber | None = None
    store_numbers: StoreNumbers | None = None
    item: Name | None = None
    forecast_start_date: Time | None = None
    forecast_end_date: Time | None = None

    @model_validator(mode="after")
    def _one_or_many(self) -> ForecastBody:
        if (self.store_number is None) == (self.store_numbers is None):
            raise ValueError("send either 'store_number' or 'store_numbers'")
        if _instant(self.forecast_start_date) > _instant(self.forecast_end_date, datetime.max):
            raise ValueError("'forecast_start_date' lies after 'forecast_end_date'")
        return self


def _instant(value: str | None, missing: datetime = datetime.min) -> datetime:
    return missing if value is None else datetime.fromisoformat(value).replace(tzinfo=None)


class ForecastQuery(ForecastBody):
    """The same in a query string; ``store_numbers`` are separated by commas or repeated."""


class ChangeRow(StrictModel):
    """A covariate at one value on some days; ``to`` is ``from`` when it is left out."""

    covariate: Annotated[Name, Field(description="Its name, or the column that it came from.")]
    value: Annotated[float, Field(allow_inf_nan=False)] | Name
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> ChangeRow:
        if self.last is not None and self.first > self.last:
            raise ValueError(f"'from' ({self.first}) lies after 'to' ({self.last})")
        return self


class WhatIfBody(ForecastBody):
    """Which forecast is to be seen with which covariates changed."""

    store_numbers: (
        Annotated[list[StoreNumber], Field(min_length=1, max_length=MAX_SUPPOSED)] | None
    ) = None
    changes: Annotated[list[ChangeRow], Field(min_length=1, max_length=MAX_CHANGES)]


class TrainingBody(StrictModel):
    """A retrain request for the data that this store belongs to."""

    store_number: StoreNumber
    train_request_date: Moment | None = None
    force: bool = False


class SaleRow(StrictModel):
    """What one store sold on one day, of one item where the data have items."""

    store_number: StoreNumber
    date: Day
    sales: Annotated[float, Field(allow_inf_nan=False)] | None
    item: Name | None = None
    stockout: Annotated[
        bool | None,
        Field(description="Demand was at least what was sold; without it, what was said stays."),
    ] = None
    covariates: Annotated[dict[Name, float | str | None], Field(max_length=64)] = {}


class SalesBody(StrictModel):
    """New or corrected sales, the small form of an import."""

    sales: Annotated[list[SaleRow], Field(min_length=1, max_length=MAX_SALES)]
    allow_returns: bool = False

    @model_validator(mode="after")
    def _once_and_not_negative(self) -> SalesBody:
        seen: dict[tuple[str, str, str | None], int] = {}
        for index, row in enumerate(self.sales):
            if row.sales is not None and row.sales < 0 and not self.allow_returns:
                raise ValueError(
                    f"row {index} has sales of {row.sales:g}; sales below 0 need "
                    "'allow_returns': true"
                )
            first = seen.setdefault((str(row.store_number), row.date, row.item), index)
            if first != index:
                raise ValueError(
                    f"rows {first} and {index} are both of store '{row.store_number}' on "
                    f"{row.date}; send one row per store, item and day"
                )
        return self


class ListQuery(StrictModel):
    """A page of a list, newest first."""

    limit: Limit = 100


class StoresQuery(StrictModel):
    """A page of the stores; ``after`` is the last identifier of the page before."""

    limit: Limit = 100
    after: Name | None = None
    region: Name | None = None


class HistoryQuery(StrictModel):
    """A range of the days that a store sold on."""

    item: Name | None = None
    start: Day | None = None
    end: Day | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 1000


class ImportQuery(StrictModel):
    """How files are imported."""

    mode: Literal["FULL", "INCREMENTAL"] = "FULL"
    dry_run: bool = False
    allow_returns: bool = False
    only: Annotated[str, Field(description="Stores to keep, separated by commas.")] | None = None
    ignore: Annotated[str, Field(description="Columns left out, by commas.")] | None = None
    stores_limit: Annotated[int, Field(ge=1)] | None = None
    date_order: (
        Annotated[
            Literal["dmy", "mdy", "ymd"], Field(description="Order of dates such as 1/2/2024.")
        ]
        | None
    ) = None
    decimal: (
        Annotated[Literal["point", "comma"], Field(description="Decimal mark of all numbers.")]
        | None
    ) = None
    duplicates: Annotated[
        Literal["refuse", "sum", "last"], Field(description="What several rows of a day mean.")
    ] = "refuse"
    missing: (
        Annotated[
            Literal["unknown", "zero"],
            Field(description="What a day without a row means."),
        ]
        | None
    ) = None

    def options(self) -> dict[str, Any]:
        """What the importer calls its options."""
        options: dict[str, Any] = {"allow_returns": self.allow_returns}
        for name in ("stores_limit", "date_order", "decimal", "duplicates", "missing"):
            if getattr(self, name) is not None:
                options[name] = getattr(self, name)
        for name in ("only", "ignore"):
            names = getattr(self, name)
            if names is not None:
                options[name] = [part.strip() for part in names.split(",") if part.strip()]
        return options


class ReadyQuery(StrictModel):
    """Whether a forecast is a condition of being ready."""

    forecast: bool = False


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema whose references point into an OpenAPI document."""
    return model.model_json_schema(ref_template="#/components/schemas/{model}")
