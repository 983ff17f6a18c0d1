"""Answers about all stores, as pydantic models."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Change,
    Count,
    Day,
    Days,
    Identifier,
    Instant,
    NextPage,
    RegionName,
    Sentence,
    Sentences,
    Stale,
    StoreName,
    StoreNumber,
    Text,
    Units,
)
from forecast_service.resources.contract.fields import Share as PlainShare

__all__ = ["Accuracy", "Overview", "Regions"]

WAPE = "Sum of the absolute errors as a share of the sales; null without a base."
BIAS = "Sum of the errors as a share of the sales; above 0, the forecasts were too high."


class Measure(AnswerModel):
    """How far p50 was from the sales, on days of all stores together."""

    wape: PlainShare | None = Field(description=WAPE, examples=[0.11])
    bias: Change | None = Field(description=BIAS, examples=[-0.02])
    coverage: PlainShare | None = Field(
        None, description="Share of the days between p10 and p90.", examples=[0.79]
    )
    days: Days = Field(description="Number of days that were compared.", examples=[182])


class CodedProblem(BaseModel):
    """What somebody should look at; the values of its sentence are fields, too."""

    model_config = ConfigDict(extra="allow")

    code: Literal[
        "no_forecast",
        "damaged",
        "sales_late",
        "stale_forecast",
        "fallback",
        "unusual_value",
        "few_days",
        "dormant",
    ] = Field(description="Kind of the problem.", examples=["sales_late"])
    text: Sentence = Field(
        description="The problem in English.", examples=["The last sales are of 28 August."]
    )


class Totals(AnswerModel):
    """Sums of stores. A change compares only stores whose both numbers are known."""

    next_7_days: Units | None = Field(
        description="Expected demand of the coming week: the sum of the medians of the stores.",
        examples=[1695.0],
    )
    last_7_days: Units | None = Field(description="Sales of the last week.", examples=[1610.0])
    change: Change | None = Field(
        description="The coming week against the last one.", examples=[0.053]
    )
    last_year: Units | None = Field(
        description="Sales of the aligned days a year before.", examples=[1580.0]
    )
    change_to_last_year: Change | None = Field(
        description="The coming week against the aligned one a year before.", examples=[0.073]
    )
    stores: Count = Field(description="Number of stores.")
    need_a_look: Count = Field(description="Number of stores with a problem.", examples=[1])


class Tiles(Totals):
    """The totals of the stores of the region, or of all."""

    updated_at: Instant | None = Field(
        description="When the served forecast was made; null without one."
    )


class RegionTotals(Totals):
    """The totals of a region."""

    region: RegionName


class OverviewStore(AnswerModel):
    """One store."""

    store_number: StoreNumber
    store_name: StoreName | None
    region: RegionName
    state: Literal["active", "dormant"] = Field(
        description="'dormant' if the store stopped selling long ago while others go on.",
        examples=["active"],
    )
    next_7_days: Units | None = Field(
        description="Expected demand of the coming week (p50 of its sum).", examples=[847.0]
    )
    low: Units | None = Field(description="p10 of the sum of the week.", examples=[790.0])
    high: Units | None = Field(description="p90 of the sum of the week.", examples=[910.0])
    last_7_days: Units | None = Field(description="Sales of the last week.", examples=[805.0])
    change: Change | None = Field(
        description="The coming week against the last one.", examples=[0.052]
    )
    last_year: Units | None = Field(
        description="Sales of the aligned days a year before.", examples=[790.0]
    )
    change_to_last_year: Change | None = Field(
        description="The coming week against the aligned one a year before.", examples=[0.072]
    )
    accuracy: dict[Literal["1", "7", "14", "backtest"], Measure] | None = Field(
        description="Accuracy of what was served so many days before, over the last 13 weeks; "
        "where nothing was served yet, that of the backtest.",
        examples=[{"7": {"wape": 0.11, "bias": -0.02, "coverage": 0.79, "days": 91}}],
    )
    accuracy_source: Literal["served", "backtest"] | None = Field(
        description="Where the accuracy comes from; null without any.", examples=["served"]
    )
    data_until: Day = Field(description="Last day of the newest period with sales.")
    problems: list[CodedProblem] = Field(description="What somebody should look at.")


class Week(BaseModel):
    """First and last day."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    first: Day = Field(alias="from", description="First day.", examples=["2026-08-31"])
    to: Day = Field(description="Last day.", examples=["2026-09-06"])


class OverviewForecast(AnswerModel):
    """The served forecast."""

    id: Identifier = Field(
        description="Identifier of the forecast.", examples=["store_demand_20260831"]
    )
    created_at: Instant = Field(description="When it was made.")
    data_until: Day = Field(description="Last day of sales that it knows.")
    source: Text = Field(description="Who made it: 'local' or 'amazon'.", examples=["local"])
    algorithm: Text = Field(description="Algorithm of its predictor.", examples=["auto"])
    stale: Stale


class Overview(AnswerModel):
    """All stores: the coming week, the last one, the aligned one a year before."""

    as_of: Day = Field(
        description="Today in the time zone of the service.", examples=["2026-08-31"]
    )
    week: Week | None = Field(
        description="The seven days from today if the forecast has them, else its first seven; "
        "of weekly or monthly data one period. Null without a forecast."
    )
    forecast: OverviewForecast | None
    tiles: Tiles
    regions: list[RegionTotals] = Field(description="The regions, by name.")
    stores: list[OverviewStore] = Field(description="A page of the stores.")
    count: Count = Field(description="Number of all stores in the question.")
    next: NextPage = Field(examples=["/overview?limit=100&after=100"])
    sentences: Sentences = None


class Regions(AnswerModel):
    """The regions, in the order of their names."""

    regions: list[RegionTotals] = Field(description="The regions, by name.")


class NaiveMeasure(AnswerModel):
    """The error of a forecast that repeats the newest known season, on the same days."""

    wape: PlainShare | None = Field(description=WAPE, examples=[0.19])


class WeekOfAccuracy(BaseModel):
    """A week, named by its Monday."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    monday: Day = Field(alias="from", description="Its Monday.", examples=["2026-08-24"])
    wape: PlainShare | None = Field(description=WAPE, examples=[0.11])
    bias: Change | None = Field(description=BIAS, examples=[-0.02])
    days: Days = Field(description="Number of days that were compared.", examples=[14])


class StoreAccuracy(Measure):
    """One of the stores with the largest errors."""

    store_number: StoreNumber
    store_name: StoreName | None
    region: RegionName
    naive_wape: PlainShare | None = Field(
        description="The same of a forecast that repeats the newest known season.", examples=[0.19]
    )


class BacktestMeasure(AnswerModel):
    """The mean of the stores' backtests."""

    wape: PlainShare | None = Field(description=WAPE, examples=[0.12])
    bias: Change | None = Field(description=BIAS, examples=[0.01])
    stores: Count = Field(description="Number of stores.")


class Accuracy(AnswerModel):
    """How far off the served forecasts were.

    At lag 7, a day is judged by the newest forecast whose data ended seven days before it or
    earlier.
    """

    lags: dict[Literal["1", "7", "14", "28"], Measure] = Field(
        description="By lag in days.",
        examples=[{"7": {"wape": 0.11, "bias": -0.02, "coverage": 0.79, "days": 182}}],
    )
    naive: dict[str, NaiveMeasure] = Field(
        description="The same of a naive forecast.", examples=[{"7": {"wape": 0.19}}]
    )
    lag: Days | None = Field(description="The lag of 'weeks' and 'stores'; null without any.")
    weeks: list[WeekOfAccuracy] = Field(description="The weeks, oldest first.")
    stores: list[StoreAccuracy] = Field(description="The 20 stores with the largest errors.")
    backtest: BacktestMeasure | None
    source: Literal["served", "backtest"] | None = Field(
        description="Where the accuracy comes from; null without any.", examples=["served"]
    )
