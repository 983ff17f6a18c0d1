"""Answers for planners, as pydantic models: rows, items, comparisons, runs, scenarios."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from forecast_service.resources.contract.forecast_answers import (
    AnswerModel,
    StoreWhatIf,
    Supposition,
    WhatIfTotal,
)

__all__ = [
    "ForecastRow",
    "HistoryRow",
    "Moved",
    "MovedDays",
    "RunChanges",
    "Scenario",
    "ScenarioSummary",
    "Scenarios",
    "StoreItems",
    "Values",
]

UNITS: dict[str, Any] = {"x-unit": "units sold, as in the imported sales"}
SHARES: dict[str, Any] = {"x-unit": "a share: 0.12 is +12 %"}
OF_COVARIATE: dict[str, Any] = {"x-unit": "the unit of the covariate"}
DAYS: dict[str, Any] = {"x-unit": "days"}
COUNT: dict[str, Any] = {"x-unit": "a number of things"}

Number = float | None
Units = Annotated[float, Field(examples=[120.5], json_schema_extra=UNITS)]
Share = Annotated[
    Number,
    Field(
        description="The change as a share; null without a base.",
        examples=[0.12],
        json_schema_extra=SHARES,
    ),
]
Column = Annotated[list[Number], Field(examples=[[120.5, 118.0]], json_schema_extra=UNITS)]
Store = Annotated[int | str, Field(description="The store, as a number or text.", examples=[1])]
Item = Annotated[
    str | None, Field(description="The item; null for a whole store.", examples=["milk"])
]
FirstDay = Annotated[str, Field(alias="from", description="First day.", examples=["2026-12-07"])]
LastDay = Annotated[str, Field(alias="to", description="Last day.", examples=["2026-12-13"])]
Days = Annotated[int, Field(description="Number of days.", examples=[7], json_schema_extra=DAYS)]
Before = Annotated[Units, Field(description="In the earlier forecast.")]
After = Annotated[Units, Field(description="In the later forecast.")]
Difference = Annotated[Units, Field(description="The later one less the earlier one.")]


class HistoryRow(AnswerModel):
    """One period of the past, with ``shape=rows``; null where nothing is known."""

    date: str = Field(description="The period.", examples=["2026-11-30"])
    closed: bool = Field(description="Whether the store was closed.", examples=[False])
    covariates: dict[str, Number] = Field(
        description="Values of the covariates.",
        examples=[{"promo": 1}],
        json_schema_extra=OF_COVARIATE,
    )
    sales: Units | None = Field(description="What was sold.")
    last_year: Units | None = Field(description="Sales of the comparable period a year before.")
    then: dict[str, Number] = Field(
        description="What was forecast about a week before, by forecast type.",
        examples=[{"p10": 98.0, "p50": 120.0, "p90": 141.0}],
        json_schema_extra=UNITS,
    )


class ForecastRow(BaseModel):
    """One period of the forecast, with ``shape=rows``; also a field per forecast type."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    date: str = Field(description="The period.", examples=["2026-12-01"])
    closed: bool = Field(description="Whether the store is closed.", examples=[False])
    covariates: dict[str, Number] = Field(
        description="Planned values of the covariates.",
        examples=[{"promo": 1}],
        json_schema_extra=OF_COVARIATE,
    )
    last_year: Units | None = Field(description="Sales of the comparable period a year before.")
    parts: dict[str, Number] | None = Field(
        description="Parts of the forecast, with their signs; null if the model has none.",
        examples=[{"level": 100.0, "promotion": 20.5}],
        json_schema_extra=UNITS,
    )


class ItemOfStore(AnswerModel):
    """An item of a store with its coming week."""

    item: str = Field(description="The item.", examples=["milk"])
    state: Literal["active", "dormant"] = Field(
        description="'dormant' if it stopped selling long ago while others go on.",
        examples=["active"],
    )
    next_7_days: Units | None = Field(
        description="Expected demand of the week (of one period, if periods are longer); null if "
        "the item is not in the forecast."
    )
    low: Units | None = Field(description="p10 of the sum; null if it is not known.")
    high: Units | None = Field(description="p90 of the sum; null if it is not known.")
    change: Share = Field(description="Against the last week, as a share; null without a base.")
    last_7_days: Units | None = Field(description="Sales of the last week of the data.")


class ComingWeek(AnswerModel):
    """The days that are added up."""

    first: FirstDay
    last: LastDay


class StoreItems(AnswerModel):
    """A page of the items of a store; none if the sales are per store."""

    store_number: Store
    week: ComingWeek | None
    items: list[ItemOfStore]
    count: int = Field(
        description="Number of items on all pages.", examples=[3], json_schema_extra=COUNT
    )
    next: str | None = Field(
        description="Address of the next page, or null.",
        examples=["/stores/1/items?sort=next_7_days&after=milk"],
    )


class MovedDays(AnswerModel):
    """Columns of the days that two forecasts share, of the median or the type nearest to it."""

    date: list[str] = Field(description="The days.", examples=[["2026-12-07", "2026-12-08"]])
    before: Column = Field(description="In the earlier forecast.")
    after: Column = Field(description="In the later forecast.")
    units: Column = Field(description="The later one less the earlier one.")
    share: list[Number] = Field(
        description="The change as a share; null without a base.",
        examples=[[0.12, None]],
        json_schema_extra=SHARES,
    )


class Moved(AnswerModel):
    """Sums over some days in two forecasts."""

    first: FirstDay
    last: LastDay
    days: Days
    before: Before
    after: After
    units: Difference
    share: Share


class TotalChange(AnswerModel):
    """Sums in two forecasts."""

    before: Before
    after: After
    units: Difference
    share: Share


class RegionChange(TotalChange):
    """The change in a region."""

    region: str = Field(description="The region.", examples=["north"])


class StoreChange(TotalChange):
    """The change of a store."""

    store_number: Store


class RunChanges(AnswerModel):
    """What the forecast of a run changed in its first common week with the one before.

    Only stores that the caller may see count.
    """

    against: str = Field(description="Id of the forecast before.", examples=["store_demand_1"])
    first: FirstDay
    last: LastDay
    days: Days
    total: TotalChange
    regions: list[RegionChange]
    stores: list[StoreChange] = Field(description="The ten stores that moved most.")


class Values(BaseModel):
    """Columns of a forecast: the periods, and a column per forecast type."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[Number]]

    date: list[str] = Field(description="The periods.", examples=[["2026-12-07", "2026-12-08"]])


class ScenarioSummary(AnswerModel):
    """A named what-if as it was saved."""

    id: str = Field(description="Its id.", examples=["3f0c9a7be1d24c58"])
    name: str = Field(description="Its name.", examples=["Black week"])
    store_number: Store
    item: Item
    note: str | None = Field(description="A note, or null.", examples=["for the meeting"])
    changes: list[Supposition]
    forecast: str = Field(
        description="ARN of the forecast that it was made against.",
        examples=["arn:aws:forecast:eu-west-1:000000000000:forecast/store_demand_1"],
    )
    total: WhatIfTotal = Field(description="The total from when it was saved.")
    made_by: str = Field(description="Who saved it.", examples=["berta"])
    created_at: str = Field(description="When, in UTC.", examples=["2026-11-30T09:00:00Z"])
    expires_at: str = Field(
        description="When it is deleted, in UTC.", examples=["2026-12-30T09:00:00Z"]
    )


class Scenario(ScenarioSummary):
    """A scenario, computed against the current forecast."""

    result: StoreWhatIf | None = Field(description="The what-if; null if it is not possible.")
    moved_on: str | None = Field(
        description="Says that a newer forecast is served than when it was saved; or null.",
        examples=["The forecast has moved on since the scenario was saved."],
    )
    problem: str | None = Field(
        description="Why it cannot be computed any more; or null.",
        examples=["All days of the scenario have passed."],
    )


class Scenarios(AnswerModel):
    """Scenarios, newest first."""

    scenarios: list[ScenarioSummary]
