"""Requests as strict pydantic models of bodies and queries. Unknown names are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast_service.resources.contract.request_fields import (
    NAME_LENGTH,
    AllDigits,
    Day,
    Format,
    ItemName,
    Limit,
    Moment,
    Name,
    Shape,
    StoreNumber,
    StoreNumbers,
    StrictModel,
    Time,
)

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
]

MAX_ITEMS = 5000
MAX_WHAT_IF_STORES = 1000  # a what-if is computed while the caller waits
MAX_CHANGES = 50


class SeriesBody(StrictModel):
    """One store or many, and a range of days."""

    store_number: StoreNumber | None = None
    store_numbers: StoreNumbers | None = None
    forecast_start_date: Annotated[
        Time | None,
        Field(description="First day or time; without it, from the beginning of the forecast."),
    ] = None
    forecast_end_date: Annotated[
        Time | None,
        Field(
            description="Last day or time; without it, to the end of the forecast.",
            examples=["2026-09-11"],
        ),
    ] = None

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
        Annotated[
            Name | Annotated[list[Name], Field(min_length=1, max_length=MAX_ITEMS)],
            Field(
                description="An item or several; without one, the total and all items.",
                examples=["milk"],
            ),
        ]
        | None
    ) = None
    limit: (
        Annotated[
            int,
            Field(
                ge=1,
                le=MAX_ITEMS,
                description="Most items of the answer.",
                examples=[100],
                json_schema_extra={"x-unit": "items"},
            ),
        ]
        | None
    ) = None
    after: (
        Annotated[Name, Field(description="The last item of the page before.", examples=["bread"])]
        | None
    ) = None

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

    shape: Shape = None
    format: Format = None
    full: AllDigits = None


class ChangeRow(StrictModel):
    """Sets a covariate to a value on some days. Without ``to``, on the day ``from`` only."""

    covariate: Annotated[
        Name,
        Field(
            description="Name of the covariate, or of its column in the file.", examples=["promo"]
        ),
    ]
    value: Annotated[
        Annotated[float, Field(allow_inf_nan=False)] | Name,
        Field(
            description="Its value on these days: a number, or a text of the file.", examples=[1]
        ),
    ]
    first: Annotated[Day, Field(alias="from", description="First day; within the forecast.")]
    last: Annotated[
        Day | None,
        Field(
            alias="to",
            description="Last day; without it, only the day 'from'.",
            examples=["2026-09-06"],
        ),
    ] = None

    @model_validator(mode="after")
    def _in_order(self) -> ChangeRow:
        if self.last is not None and self.first > self.last:
            raise ValueError(f"'from' ({self.first}) is after 'to' ({self.last})")
        return self


class WhatIfBody(SeriesBody):
    """Question for a forecast with changed covariates."""

    item: ItemName | None = None
    store_numbers: (
        Annotated[
            list[StoreNumber],
            Field(
                min_length=1,
                max_length=MAX_WHAT_IF_STORES,
                description="Names of several stores, instead of 'store_number'.",
                examples=[[1, 2]],
            ),
        ]
        | None
    ) = None
    changes: Annotated[
        list[ChangeRow],
        Field(
            min_length=1,
            max_length=MAX_CHANGES,
            description="The changes. If they overlap, the last one counts.",
        ),
    ]


class TrainingBody(StrictModel):
    """A retrain request. A training is always over all stores."""

    store_number: StoreNumber
    train_request_date: Moment | None = None
    force: Annotated[
        bool,
        Field(description="Train even if the latest predictor is young enough.", examples=[False]),
    ] = False


class ListQuery(StrictModel):
    """Length of a list, newest first."""

    limit: Limit = 100


class UndoQuery(StrictModel):
    """Whether the imports that were loaded with this one are undone, too."""

    together: Annotated[
        bool,
        Field(description="Also undo the imports that were loaded with it.", examples=[True]),
    ] = False


class StoresQuery(StrictModel):
    """A page of the stores; ``after`` is the last store of the page before."""

    limit: Limit | None = None
    after: (
        Annotated[Name, Field(description="The last store of the page before.", examples=["1"])]
        | None
    ) = None
    region: (
        Annotated[Name, Field(description="Only stores of this region.", examples=["north"])] | None
    ) = None
    format: Format = None
    full: AllDigits = None


class HistoryQuery(StrictModel):
    """A range of days of a store's sales."""

    item: ItemName | None = None
    start: Annotated[Day | None, Field(description="First day.", examples=["2026-08-01"])] = None
    end: Annotated[Day | None, Field(description="Last day.", examples=["2026-08-30"])] = None
    limit: (
        Annotated[
            int,
            Field(
                ge=1,
                le=5000,
                description="The answer has the last days of the range, at most so many.",
                examples=[28],
                json_schema_extra={"x-unit": "days"},
            ),
        ]
        | None
    ) = None
    format: Format = None
    full: AllDigits = None


class ReadyQuery(StrictModel):
    """``forecast``: not ready without a forecast."""

    forecast: Annotated[
        bool, Field(description="Count a service without a forecast as not ready.", examples=[True])
    ] = False
