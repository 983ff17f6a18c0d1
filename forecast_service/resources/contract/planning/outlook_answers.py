"""The answer of ``/stores/<store_number>/outlook``, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Change,
    Count,
    Day,
    Days,
    Flag,
    ItemName,
    NextPage,
    RegionName,
    Sentence,
    Sentences,
    Share,
    StoreName,
    StoreNumber,
    Text,
    Units,
)
from forecast_service.resources.contract.forecast_answers import Provenance

__all__ = ["Column", "Dates", "Finding", "Outlook", "Sold", "StoreItems"]

Number = float | None
Column = list[Number]
UNITS: dict[str, Any] = {"x-unit": "units sold, as in the imported sales"}
OF_COVARIATE: dict[str, Any] = {"x-unit": "the unit of the covariate"}
Dates = Annotated[list[str], Field(examples=[["2026-08-31", "2026-09-01"]])]
Closed = Annotated[list[Flag], Field(description="Closed days.", examples=[[False, False]])]
Sold = Annotated[Column, Field(examples=[[120.5, 118.0]], json_schema_extra=UNITS)]
Covariates = Annotated[
    dict[str, Column],
    Field(
        description="Values of the covariates.",
        examples=[{"promo": [0, 1]}],
        json_schema_extra=OF_COVARIATE,
    ),
]

OneOfEach = Annotated[
    dict[str, Number],
    Field(
        description="Values of the covariates.",
        examples=[{"promo": 1}],
        json_schema_extra=OF_COVARIATE,
    ),
]


class Quantiles(BaseModel):
    """Quantiles of the forecast: a field per forecast type, such as ``p10``, ``p50``, ``p90``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Column]


class OutlookHistory(AnswerModel):
    """Columns of the past, a value per period; null where nothing is known."""

    date: Dates = Field(description="The periods.", examples=[["2026-08-29", "2026-08-30"]])
    closed: Closed
    covariates: Covariates
    sales: Sold = Field(description="What was sold.")
    last_year: Sold = Field(description="Sales of the comparable period a year before.")
    then: Quantiles | None = Field(
        description="What was forecast for the period about seven days before it; null without "
        "such a forecast."
    )


class OutlookForecast(BaseModel):
    """Columns of the forecast, a value per period; also one column per forecast type."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Column]

    date: Dates = Field(description="The periods.")
    closed: Closed
    covariates: Covariates
    last_year: Sold = Field(description="Sales of the comparable period a year before.")
    parts: dict[str, Column] | None = Field(
        description="Parts of the forecast, with their signs; null if the model has none.",
        examples=[{"level": [100.0, 100.0], "weekday": [20.5, -4.0]}],
        json_schema_extra=UNITS,
    )


class OutlookWeek(BaseModel):
    """Totals of a week, also one field per forecast type; null if not known."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    first: Day = Field(alias="from", description="First day.", examples=["2026-08-31"])
    last: Day = Field(alias="to", description="Last day.", examples=["2026-09-06"])
    days: Days = Field(description="Number of days in it that are forecast.")
    last_year: Units | None = Field(
        description="Sales of the comparable days a year before; null if not known.",
        examples=[820.0],
    )
    total_method: Text | None = Field(
        description="How the quantiles of the sum were made; null without any.",
        examples=["backtest"],
    )


class BandCoverage(AnswerModel):
    """How many of the last days fell inside the band of the forecast."""

    days: Days = Field(description="Number of days that were measured.", examples=[96])
    inside: Days = Field(description="Those inside the band.", examples=[76])
    low: Text = Field(description="Forecast type of its lower edge.", examples=["p10"])
    high: Text = Field(description="Forecast type of its upper edge.", examples=["p90"])
    nominal: Share = Field(description="Share of days that should lie within it.")
    source: Literal["served", "backtest"] = Field(
        description="'served': what was forecast about a week before; or 'backtest'.",
        examples=["served"],
    )


class Finding(BaseModel):
    """A finding for people, also with the values in its sentence as fields."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Any]

    code: Text = Field(description="Kind of the finding.", examples=["sales_late"])
    text: Sentence = Field(
        description="The finding in English.", examples=["The last sales are of 28 August."]
    )


class PlannedCovariate(AnswerModel):
    """A covariate that a what-if may change, with its value on each day of the forecast."""

    covariate: Text = Field(description="Its name in a what-if.", examples=["promo"])
    label: Text = Field(description="Its name for people.", examples=["Promo"])
    kind: Literal["flag", "number", "text"] = Field(
        description="What its values are; a flag is 0 or 1.", examples=["flag"]
    )
    allowed: list[str | float] | None = Field(
        description="The allowed values; null: any number.", examples=[[0, 1]]
    )
    least: Number = Field(
        description="Smallest value so far; null if not known.",
        examples=[0.0],
        json_schema_extra=OF_COVARIATE,
    )
    most: Number = Field(
        description="Largest value so far; null if not known.",
        examples=[1.0],
        json_schema_extra=OF_COVARIATE,
    )
    values: list[str | float | None] = Field(
        description="The planned value of each period of the forecast.", examples=[[0, 1]]
    )


class ItemCount(AnswerModel):
    """Number of the items that the store sells."""

    count: Count = Field(description="Number of items.")


class OutlookUnusualDay(AnswerModel):
    """A day whose sales are far from what the series sells on such a day."""

    item: ItemName | None
    date: Day
    sales: Units = Field(description="What was sold.", examples=[1205.0])
    usual: Units = Field(description="About what the series sells on such a day.")


class HistoryRow(AnswerModel):
    """One period of the past."""

    date: Day = Field(description="The period.")
    closed: Flag = Field(description="Whether the store was closed.")
    covariates: OneOfEach
    sales: Units | None = Field(description="What was sold; null if not known.")
    last_year: Units | None = Field(description="Sales of the comparable period a year before.")
    then: dict[str, Number] = Field(
        description="What was forecast about seven days before, by forecast type.",
        examples=[{"p50": 118.0}],
        json_schema_extra=UNITS,
    )


class ForecastRow(BaseModel):
    """One period of the forecast, also with one field per forecast type."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    date: Day = Field(description="The period.", examples=["2026-08-31"])
    closed: Flag = Field(description="Whether the store will be closed.")
    covariates: OneOfEach
    last_year: Units | None = Field(description="Sales of the comparable period a year before.")
    parts: dict[str, Number] | None = Field(
        description="Parts of the forecast, with their signs; null if the model has none.",
        examples=[{"level": 100.0, "weekday": 20.5}],
        json_schema_extra=UNITS,
    )


class ItemOfStore(AnswerModel):
    """An item and its coming week."""

    item: ItemName
    state: Literal["active", "dormant"] = Field(
        description="'dormant' if it stopped selling long ago while others go on.",
        examples=["active"],
    )
    next_7_days: Units | None = Field(
        description="Expected demand of the coming week.", examples=[420.0]
    )
    low: Units | None = Field(description="p10 of its sum; null if not known.", examples=[380.0])
    high: Units | None = Field(description="p90 of its sum; null if not known.", examples=[465.0])
    change: Change | None = Field(
        description="The coming week against the last one; null without a base.", examples=[0.05]
    )
    last_7_days: Units | None = Field(description="Sales of the last week.", examples=[400.0])


class ComingWeek(AnswerModel):
    """First and last day of the coming week."""

    first: Day = Field(alias="from", description="First day.", examples=["2026-08-31"])
    last: Day = Field(alias="to", description="Last day.", examples=["2026-09-06"])


class StoreItems(AnswerModel):
    """A page of the items of a store; none if its sales are not per item."""

    store_number: StoreNumber
    week: ComingWeek | None
    items: list[ItemOfStore] = Field(description="The items.")
    count: Count = Field(description="Number of all items in the question.")
    next: NextPage = Field(examples=["/stores/1/items?limit=100&after=milk"])


class Outlook(AnswerModel):
    """Past and forecast of one store, or of one item in it; rows with ``shape=rows``."""

    store_number: StoreNumber
    store_name: StoreName | None
    region: RegionName
    state: Literal["active", "dormant"] = Field(
        description="'dormant' if the store stopped selling long ago while others go on.",
        examples=["active"],
    )
    item: ItemName | None
    frequency: Text = Field(
        description="Period of the data: D, W (W-FRI: weeks dated on Fridays) or M.",
        examples=["D"],
    )
    history: OutlookHistory | list[HistoryRow]
    forecast: OutlookForecast | list[ForecastRow]
    holidays: dict[str, str] = Field(
        description="Names of the public holidays by day.",
        examples=[{"2026-12-25": "Christmas Day"}],
    )
    next_7_days: OutlookWeek = Field(
        description="Totals of the coming week from today on, in units: as in the overview. Of "
        "weekly or monthly data, that of one period.",
    )
    weeks: list[OutlookWeek] = Field(description="Totals of the calendar weeks of the forecast.")
    coverage: BandCoverage | None
    reasons: list[Finding] = Field(description="Why it looks like this, the largest part first.")
    plan: list[PlannedCovariate] = Field(description="What a what-if may change.")
    problems: list[Finding] = Field(description="What to know before the numbers are used.")
    items: ItemCount | None = Field(description="Its items; null if the sales are per store.")
    unusual_days: list[OutlookUnusualDay] = Field(
        description="Its newest days with sales far from the usual."
    )
    provenance: Provenance
    sentences: Sentences = None
