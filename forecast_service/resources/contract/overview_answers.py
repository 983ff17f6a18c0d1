"""Answers about all stores, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from forecast_service.resources.contract.forecast_answers import AnswerModel

__all__ = ["Accuracy", "Overview", "Regions"]

Share = Annotated[float | None, Field(description="A share: 0.12 is 12 %. Null without a base.")]
Units = Annotated[
    float | None, Field(description="In units of the sales; null where it is not known.")
]


class Measure(AnswerModel):
    """How far p50 was from the sales, on ``days`` days of all stores together. WAPE: sum of the
    absolute errors over the sum of the sales. Bias: the same with signs; above 0, the forecasts
    were too high. Coverage: share of the days between p10 and p90."""

    wape: Share
    bias: Share
    coverage: Share = None
    days: int


class CodedProblem(BaseModel):
    """What a person should look at: ``code`` and values for programs, ``text`` for people."""

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
    ]
    text: str


class Totals(AnswerModel):
    """Sums of stores. ``next_7_days`` is the sum of their medians. A change compares only stores
    whose both numbers are known."""

    next_7_days: Units
    last_7_days: Units
    change: Share
    last_year: Units
    change_to_last_year: Share
    stores: int
    need_a_look: int
    """Stores with a problem."""


class Tiles(Totals):
    """The totals of the stores of the region, or of all."""

    updated_at: str | None
    """When the served forecast was made."""


class RegionTotals(Totals):
    """The totals of a region."""

    region: str


class OverviewStore(AnswerModel):
    """One store. ``low`` and ``high`` are p10 and p90 of the sum of the week.

    ``accuracy`` has the lags 1, 7 and 14 of the last 13 weeks; where nothing was served for the
    store yet, the backtest of its predictor, as ``backtest``.
    """

    store_number: int | str
    store_name: str | None
    region: str
    state: Literal["active", "dormant"]
    next_7_days: Units
    low: Units
    high: Units
    last_7_days: Units
    change: Share
    last_year: Units
    change_to_last_year: Share
    accuracy: dict[Literal["1", "7", "14", "backtest"], Measure] | None
    accuracy_source: Literal["served", "backtest"] | None
    data_until: str
    problems: list[CodedProblem]


class Week(BaseModel):
    """First and last day."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    first: Annotated[str, Field(alias="from")]
    to: str


class OverviewForecast(AnswerModel):
    """The served forecast; ``stale`` is the reason if it is not the newest possible."""

    id: str
    created_at: str
    data_until: str
    source: str
    algorithm: str
    stale: str | None


class Overview(AnswerModel):
    """All stores. ``week`` are the seven days from today if the forecast has them, else its first
    seven; for weekly or monthly data one period. ``last_year`` are the sales of the aligned days:
    the same weekday, or the same movable holiday."""

    as_of: str
    week: Week | None
    forecast: OverviewForecast | None
    tiles: Tiles
    regions: list[RegionTotals]
    stores: list[OverviewStore]
    count: int
    next: str | None


class Regions(AnswerModel):
    """The regions, in the order of their names."""

    regions: list[RegionTotals]


class NaiveMeasure(AnswerModel):
    """The WAPE of a forecast that repeats the newest known season, on the same days."""

    wape: Share


class WeekOfAccuracy(BaseModel):
    """A week, named by its Monday."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    monday: Annotated[str, Field(alias="from")]
    wape: Share
    bias: Share
    days: int


class StoreAccuracy(Measure):
    """One of the stores with the largest errors."""

    store_number: int | str
    store_name: str | None
    region: str
    naive_wape: Share


class BacktestMeasure(AnswerModel):
    """The mean of the stores' backtests."""

    wape: Share
    bias: Share
    stores: int


class Accuracy(AnswerModel):
    """How far off the served forecasts were. At lag 7, a day is judged by the newest forecast whose
    data ended seven days before it or earlier. ``weeks`` and ``stores`` are those of ``lag``."""

    lags: dict[Literal["1", "7", "14", "28"], Measure]
    naive: dict[str, NaiveMeasure]
    lag: int | None
    weeks: list[WeekOfAccuracy]
    stores: list[StoreAccuracy]
    backtest: BacktestMeasure | None
    source: Literal["served", "backtest"] | None
