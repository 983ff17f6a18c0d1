"""Answers about stores and their sales, as pydantic models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Count,
    Day,
    Days,
    Flag,
    Instant,
    ItemName,
    NextPage,
    RegionName,
    Stale,
    StoreNumber,
    Units,
)

__all__ = ["History", "Store", "Stores"]


class StoreSummary(AnswerModel):
    """A store and the extent of its sales."""

    store_number: StoreNumber
    state: Literal["active", "dormant"] = Field(
        description="'dormant' if the store stopped selling long ago while others go on; its "
        "forecast is then 0.",
        examples=["active"],
    )
    region: RegionName
    attributes: dict[str, Any] = Field(
        description="The other columns of the store table.",
        examples=[{"name": "Harbour", "type": "city"}],
    )
    first_sale_on: Day = Field(description="First day with sales.", examples=["2024-01-01"])
    last_sale_on: Day = Field(description="Last day with sales.")
    data_until: Day = Field(description="Last day of the newest period with sales.")
    days: Days = Field(description="Number of days from the first to the last.", examples=[973])
    assumed_from: Day | None = Field(
        description="First coming day for which no plan was imported; null if the plan covers all.",
        examples=["2026-09-14"],
    )
    imported_at: Instant = Field(description="When sales of the store were last imported.")


class UnusualDay(AnswerModel):
    """A day whose sales are far from what the series sells on such a day."""

    item: ItemName | None
    date: Day
    sales: Units = Field(description="What was sold.", examples=[1205.0])
    usual: Units = Field(description="About what the series sells on such a day.")


class Store(StoreSummary):
    """A store with its items (none if the sales are per store) and its newest unusual days."""

    items: list[ItemName] = Field(description="The items; at most 1,000.", examples=[["milk"]])
    dormant_items: list[ItemName] = Field(
        description="Items that stopped selling long ago while others go on; their forecast is 0.",
        examples=[[]],
    )
    unusual_days: list[UnusualDay] = Field(
        description="Its newest days with sales far from the usual."
    )
    stale: Stale


class Stores(AnswerModel):
    """A page of the stores."""

    stores: list[StoreSummary] = Field(description="The stores, in the order of their numbers.")
    count: Count = Field(description="Number of all stores in the question, on every page.")
    next: NextPage
    stale: Stale


class SoldDay(AnswerModel):
    """One day of a series."""

    date: Day
    item: ItemName | None = None
    sales: Units | None = Field(description="What was sold; null if it is not known.")
    stockout: Flag = Field(
        description="Whether the day is marked as a stock-out: demand was at least what was sold."
    )
    covariates: dict[str, float | None] = Field(
        description="Values of the covariates on the day.",
        examples=[{"promo": 1.0}],
        json_schema_extra={"x-unit": "the unit of the covariate"},
    )


class History(AnswerModel):
    """Sales by day."""

    store_number: StoreNumber
    item: ItemName | None
    days: list[SoldDay] = Field(description="The days, oldest first.")
