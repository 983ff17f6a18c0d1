"""Requests of planners: outlooks, comparisons, items, scenarios."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from forecast_service.resources.contract.requests import (
    MAX_CHANGES,
    AllDigits,
    ChangeRow,
    Format,
    Limit,
    Name,
    StoreNumber,
    StrictModel,
)

__all__ = [
    "ComparisonQuery",
    "ItemsQuery",
    "KeptForecastsQuery",
    "OutlookQuery",
    "ScenarioBody",
    "ScenariosQuery",
]

OneItem = Annotated[Name, Field(description="An item; without one, the whole store.")]
NOTE_LENGTH = 2000


class OutlookQuery(StrictModel):
    """The outlook of a store, or of an item in it."""

    item: OneItem | None = None
    days: (
        Annotated[int, Field(ge=1, le=5000, description="Days of the history that are shown.")]
        | None
    ) = None
    shape: (
        Annotated[
            Literal["columns", "rows"],
            Field(description="A list per column, or an object per period."),
        ]
        | None
    ) = None
    format: Format = None
    full: AllDigits = None


class KeptForecastsQuery(StrictModel):
    """Length of the list, newest first; and the store (or item) whose values come with it."""

    limit: Limit = 100
    store_number: Name | None = None
    item: OneItem | None = None

    @model_validator(mode="after")
    def _item_of_a_store(self) -> Self:
        if self.item is not None and self.store_number is None:
            raise ValueError("'item' needs 'store_number'")
        return self


class ComparisonQuery(StrictModel):
    """The store (or item) whose values are shown, and the forecast that they are compared with."""

    store_number: Name | None = None
    item: OneItem | None = None
    against: Annotated[Name, Field(description="Id of another kept forecast.")] | None = None

    @model_validator(mode="after")
    def _of_a_store(self) -> Self:
        if self.store_number is None and (self.item is not None or self.against is not None):
            raise ValueError("'item' and 'against' need 'store_number'")
        return self


class ItemsQuery(StrictModel):
    """A page of the items of a store; ``after`` is the last item of the page before."""

    sort: Literal["next_7_days", "change", "item"] = "next_7_days"
    order: Literal["asc", "desc"] | None = None
    search: Name | None = None
    limit: Limit | None = None
    after: Name | None = None
    format: Format = None
    full: AllDigits = None


class ScenarioBody(StrictModel):
    """A named what-if for one store, or one item in it."""

    name: Name
    store_number: StoreNumber
    item: Name | None = None
    changes: Annotated[list[ChangeRow], Field(min_length=1, max_length=MAX_CHANGES)]
    note: Annotated[str, Field(max_length=NOTE_LENGTH)] | None = None


class ScenariosQuery(StrictModel):
    """The scenarios of one store, or of all stores that the caller may see, newest first."""

    store_number: Name | None = None
    item: Name | None = None
    limit: Limit = 100
