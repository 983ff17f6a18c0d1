"""Requests of planners: outlooks, comparisons, items, scenarios."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from forecast_service.resources.contract.request_fields import (
    AllDigits,
    Format,
    Limit,
    Name,
    StoreNumber,
    StrictModel,
)
from forecast_service.resources.contract.requests import MAX_CHANGES, ChangeRow

__all__ = [
    "ComparisonQuery",
    "ItemsQuery",
    "KeptForecastsQuery",
    "OutlookQuery",
    "ScenarioBody",
    "ScenariosQuery",
]

OneItem = Annotated[
    Name, Field(description="An item; without one, the whole store.", examples=["milk"])
]
NOTE_LENGTH = 2000


class OutlookQuery(StrictModel):
    """The outlook of a store, or of an item in it."""

    item: OneItem | None = None
    days: (
        Annotated[
            int,
            Field(
                ge=1,
                le=5000,
                description="Days of the history that are shown.",
                examples=[28],
                json_schema_extra={"x-unit": "days"},
            ),
        ]
        | None
    ) = None
    shape: (
        Annotated[
            Literal["columns", "rows"],
            Field(description="A list per column, or an object per period.", examples=["rows"]),
        ]
        | None
    ) = None
    format: Format = None
    full: AllDigits = None


class KeptForecastsQuery(StrictModel):
    """Length of the list, newest first; and the store (or item) whose values come with it."""

    limit: Limit = 100
    store_number: Annotated[
        Name | None, Field(description="The store whose values come with it.", examples=["1"])
    ] = None
    item: OneItem | None = None

    @model_validator(mode="after")
    def _item_of_a_store(self) -> Self:
        if self.item is not None and self.store_number is None:
            raise ValueError("'item' needs 'store_number'")
        return self


class ComparisonQuery(StrictModel):
    """The store (or item) whose values are shown, and the forecast that they are compared with."""

    store_number: Annotated[
        Name | None, Field(description="The store whose values are shown.", examples=["1"])
    ] = None
    item: OneItem | None = None
    against: (
        Annotated[
            Name,
            Field(description="Id of another kept forecast.", examples=["store_demand_20260824"]),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _of_a_store(self) -> Self:
        if self.store_number is None and (self.item is not None or self.against is not None):
            raise ValueError("'item' and 'against' need 'store_number'")
        return self


class ItemsQuery(StrictModel):
    """A page of the items of a store; ``after`` is the last item of the page before."""

    sort: Annotated[
        Literal["next_7_days", "change", "item"],
        Field(description="What the items are ordered by.", examples=["change"]),
    ] = "next_7_days"
    order: Annotated[
        Literal["asc", "desc"] | None,
        Field(description="By default, names ascend, and numbers descend.", examples=["asc"]),
    ] = None
    search: Annotated[
        Name | None, Field(description="Part of the names of items.", examples=["mil"])
    ] = None
    limit: Limit | None = None
    after: Annotated[
        Name | None, Field(description="The last item of the page before.", examples=["bread"])
    ] = None
    format: Format = None
    full: AllDigits = None


class ScenarioBody(StrictModel):
    """A named what-if for one store, or one item in it."""

    name: Annotated[Name, Field(description="Name for colleagues.", examples=["Autumn sale"])]
    store_number: StoreNumber
    item: OneItem | None = None
    changes: Annotated[
        list[ChangeRow],
        Field(min_length=1, max_length=MAX_CHANGES, description="The changes, as in a what-if."),
    ]
    note: (
        Annotated[
            str,
            Field(
                max_length=NOTE_LENGTH, description="A remark.", examples=["As discussed on Monday"]
            ),
        ]
        | None
    ) = None


class ScenariosQuery(StrictModel):
    """The scenarios of one store, or of all stores that the caller may see, newest first."""

    store_number: Annotated[
        Name | None, Field(description="Only scenarios of this store.", examples=["1"])
    ] = None
    item: OneItem | None = None
    limit: Limit = 100
