"""Answers about forecasts, as pydantic models; the other answers are in ``answers``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

__all__ = ["AnswerModel", "Forecast", "StoreWhatIf", "Supposition", "WhatIf", "WhatIfTotal"]


class AnswerModel(BaseModel):
    """An answer has exactly the fields of its model."""

    model_config = ConfigDict(extra="forbid")


class Point(AnswerModel):
    """One period of a forecast, with Amazon's names."""

    Timestamp: str
    Value: float


class Predictions(AnswerModel):
    """Points by forecast type: ``p10``, ``p50``, ``p90``, ``mean``."""

    Predictions: dict[str, list[Point]]


class QueryForecastResult(AnswerModel):
    """Amazon's answer to QueryForecast."""

    Forecast: Predictions


class Horizon(AnswerModel):
    """First and last day of the forecast."""

    first: str
    last: str
    periods: int


class Coverage(AnswerModel):
    """Share of days within an interval in the backtest of this series: intended and measured."""

    nominal: float
    measured: float
    days: int


class Provenance(AnswerModel):
    """Where the numbers come from; all times are absolute, in UTC."""

    source: str
    algorithm: str
    members: dict[str, float] | None
    """Weight of each algorithm in the average; null without an average."""
    coverage: dict[str, Coverage] | None
    """By interval, such as ``p10-p90``; null if it was not measured."""
    demand: str | None
    """Demand class: smooth, erratic, intermittent or lumpy; null if it is not known."""
    fallback: str | None
    predictor: str
    trained_at: str
    fresh_until: str
    data_until: str
    forecast: str
    created_at: str
    horizon: Horizon
    stale: str | None
    assumptions: list[str]


class SeriesForecast(AnswerModel):
    """The forecast of one store, or of one item in it."""

    store_number: int | str
    store_name: str | None = None
    item: str | None = None
    result: QueryForecastResult
    provenance: Provenance


class Row(BaseModel):
    """One period: its ``date``, and a number per forecast type, such as ``p50``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float]

    date: str


class SeriesRows(AnswerModel):
    """The forecast of one store or item with ``shape=rows``."""

    store_number: int | str
    store_name: str | None = None
    item: str | None = None
    rows: list[Row]
    provenance: Provenance


class StoreTotal(AnswerModel):
    """How the total of a store was made from its items.

    ``comovement``: 0 if the items move independently, 1 if always together; null if it was not
    measured, then the range is the widest possible.
    """

    items: int
    comovement: float | None


class StoreForecast(AnswerModel):
    """The total of a store that sells items (``result``: quantiles of the sum), and its items.

    A list of stores has no items. Named items have no total. ``next`` is the address of the next
    page of items, or null.
    """

    store_number: int | str
    store_name: str | None = None
    result: QueryForecastResult | None = None
    rows: list[Row] | None = None
    total: StoreTotal | None = None
    provenance: Provenance | None = None
    items: list[SeriesForecast] | list[SeriesRows] | None = None
    count: int | None = None
    next: str | None = None


class StoreForecasts(AnswerModel):
    """The forecasts of many stores, in the order of the request."""

    forecasts: list[SeriesForecast | SeriesRows | StoreForecast]


class Forecast(RootModel[SeriesForecast | SeriesRows | StoreForecast | StoreForecasts]):
    """The forecast of one store, or of many if ``store_numbers`` was sent."""


class Supposition(AnswerModel):
    """A changed covariate on some days, as it was sent."""

    covariate: str
    value: float | str
    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]


class WhatIfProvenance(Provenance):
    """The provenance of the forecast, and the changes."""

    what_if: Literal[True]
    changes: list[Supposition]


class WhatIfTotal(AnswerModel):
    """Sums of one forecast type over the days of the answer. ``share`` is the difference as a
    share of the baseline."""

    forecast_type: str
    baseline: float
    what_if: float
    difference: float
    share: float | None


class StoreWhatIf(AnswerModel):
    """The forecast with the changes (``result``) and without them (``baseline``)."""

    store_number: int | str
    item: str | None = None
    result: QueryForecastResult
    baseline: QueryForecastResult
    difference: QueryForecastResult
    total: WhatIfTotal
    notes: list[str]
    provenance: WhatIfProvenance


class StoreWhatIfs(AnswerModel):
    """What-ifs of many stores, in the order of the request, and the total of all."""

    forecasts: list[StoreWhatIf]
    total: WhatIfTotal


class WhatIf(RootModel[StoreWhatIf | StoreWhatIfs]):
    """The what-if of one store, or of many if ``store_numbers`` was sent. Nothing is stored."""
