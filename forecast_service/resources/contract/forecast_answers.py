"""Answers about forecasts, as pydantic models; the other answers are in ``answers``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Arn,
    Change,
    Count,
    Day,
    Days,
    Flag,
    Identifier,
    Instant,
    ItemName,
    NextPage,
    Periods,
    Sentences,
    Share,
    Stale,
    StoreName,
    StoreNumber,
    Text,
    Units,
)

__all__ = ["AnswerModel", "Forecast", "KeptForecast", "ServedForecast", "WhatIf"]

PREDICTIONS: dict[str, Any] = {
    "p10": [{"Timestamp": "2026-09-01T00:00:00", "Value": 101.0}],
    "p50": [{"Timestamp": "2026-09-01T00:00:00", "Value": 120.5}],
    "p90": [{"Timestamp": "2026-09-01T00:00:00", "Value": 140.0}],
}


class Point(AnswerModel):
    """One period of a forecast, with Amazon's names."""

    Timestamp: Text = Field(
        description="First moment of the period, in the time of the store.",
        examples=["2026-09-01T00:00:00"],
    )
    Value: Units = Field(description="Demand in the period.")


class Predictions(AnswerModel):
    """Points by forecast type: ``p10``, ``p50``, ``p90``, ``mean``."""

    Predictions: dict[str, list[Point]] = Field(
        description="By forecast type: demand stays below p10 with a probability of 10 %, below "
        "p50 with 50 %, below p90 with 90 %. 'mean' is the expected value.",
        examples=[PREDICTIONS],
    )


class QueryForecastResult(AnswerModel):
    """Amazon's answer to QueryForecast."""

    Forecast: Predictions


class Horizon(AnswerModel):
    """First and last day of the forecast."""

    first: Day = Field(description="First day of the forecast.", examples=["2026-08-31"])
    last: Day = Field(description="Last day of the forecast.", examples=["2026-09-27"])
    periods: Periods = Field(description="Number of periods in the forecast.")


class Coverage(AnswerModel):
    """Share of days within an interval in the backtest of this series: intended and measured."""

    nominal: Share = Field(description="Share of days that should lie within the interval.")
    measured: Share = Field(
        description="Share of days that did lie within it, on days that were not used to set it.",
        examples=[0.79],
    )
    days: Days = Field(description="Number of days that were measured.", examples=[96])


class LadderStep(AnswerModel):
    """The step of the ladder amazon, last_fetched, local, seasonal_naive that made the answer."""

    step: Text = Field(
        description="'amazon' (Amazon Forecast), 'last_fetched' (the last forecast from there), "
        "'local' (our own engine) or 'seasonal_naive' (its simplest forecast).",
        examples=["last_fetched"],
    )
    reason: Text | None = Field(
        description="Why not Amazon: no_credentials, access_denied, closed (to new customers), "
        "throttled, unreachable, refused, unknown_store; failed if our own engine did. Null for "
        "the first step.",
        examples=["unreachable"],
    )
    detail: Text | None = Field(
        description="What Amazon or the engine said.",
        examples=["Amazon Forecast cannot be reached: Connection refused."],
    )


class Provenance(AnswerModel):
    """Where the numbers come from; all times are absolute, in UTC."""

    source: Text = Field(
        description="Who made the forecast: 'local' (this service) or 'amazon' (Amazon Forecast).",
        examples=["local"],
    )
    algorithm: Text = Field(
        description="The algorithm of this series; 'auto' is a weighted average of several.",
        examples=["auto"],
    )
    members: dict[str, Share] | None = Field(
        description="Weight of each algorithm in the average; null without an average.",
        examples=[{"pooled": 0.6, "boosted": 0.4}],
    )
    coverage: dict[str, Coverage] | None = Field(
        description="Measured coverage by interval, such as 'p10-p90'; null if not measured.",
        examples=[{"p10-p90": {"nominal": 0.8, "measured": 0.79, "days": 96}}],
    )
    demand: Text | None = Field(
        description="Demand class: smooth, erratic, intermittent or lumpy; null if not known.",
        examples=["smooth"],
    )
    fallback: Text | None = Field(
        description="Why this series has a simpler algorithm; null if it has none.",
        examples=[None, "only 12 days of sales"],
    )
    predictor: Arn = Field(
        description="ARN of the predictor.",
        examples=["arn:aws:forecast:eu-west-1:000000000000:predictor/store_demand_20260831"],
    )
    trained_at: Instant = Field(description="When the predictor was trained.")
    fresh_until: Instant = Field(
        description="Until when the predictor is within the tolerance.",
        examples=["2026-09-07T04:12:00Z"],
    )
    data_until: Day = Field(description="Last day of sales that the forecast knows.")
    forecast: Arn = Field(description="ARN of the forecast; its end is the 'id' in GET /forecasts.")
    created_at: Instant = Field(description="When the forecast was made.")
    horizon: Horizon
    stale: Stale
    ladder: LadderStep | None = Field(
        description="The step of the ladder of FORECAST_BACKEND=auto; null with our own engine."
    )
    assumptions: list[str] = Field(
        description="What was assumed about coming days that no file states.",
        examples=[["promo: 0 from 2026-09-14 on"]],
    )


class SeriesForecast(AnswerModel):
    """The forecast of one store, or of one item in it."""

    store_number: StoreNumber
    store_name: StoreName | None = None
    item: ItemName | None = None
    result: QueryForecastResult
    provenance: Provenance


class Row(BaseModel):
    """One period: its ``date``, and a number per forecast type, such as ``p50``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float]

    date: Day = Field(description="The period.", examples=["2026-09-01"])


class SeriesRows(AnswerModel):
    """The forecast of one store or item with ``shape=rows``."""

    store_number: StoreNumber
    store_name: StoreName | None = None
    item: ItemName | None = None
    rows: list[Row] = Field(description="The periods.")
    provenance: Provenance


class StoreTotal(AnswerModel):
    """How the total of a store was made from its items."""

    items: Count = Field(description="Number of items in the total.")
    comovement: Share | None = Field(
        description="How much the items move together: 0 independently, 1 always. Null if it was "
        "not measured; then the range is the widest possible.",
        examples=[0.31],
    )


class StoreForecast(AnswerModel):
    """The total of a store that sells items (``result``: quantiles of the sum), and its items.

    A list of stores has no items. Named items have no total.
    """

    store_number: StoreNumber
    store_name: StoreName | None = None
    result: QueryForecastResult | None = None
    rows: list[Row] | None = Field(None, description="The total with 'shape=rows'.")
    total: StoreTotal | None = None
    provenance: Provenance | None = None
    items: list[SeriesForecast] | list[SeriesRows] | None = Field(
        None, description="A page of the items."
    )
    count: Count | None = Field(None, description="Number of all items of the store.")
    next: NextPage = Field(None, examples=["/forecast?store_number=1&limit=100&after=milk"])


class StoreForecasts(AnswerModel):
    """The forecasts of many stores, in the order of the request."""

    forecasts: list[SeriesForecast | SeriesRows | StoreForecast] = Field(
        description="One forecast per store, in the order of the request."
    )


class Forecast(RootModel[SeriesForecast | SeriesRows | StoreForecast | StoreForecasts]):
    """The forecast of one store, or of many if ``store_numbers`` was sent."""


class KeptForecast(AnswerModel):
    """A forecast that can be served."""

    id: Identifier = Field(
        description="Identifier of the forecast: the end of its ARN.",
        examples=["store_demand_20260831"],
    )
    forecast: Arn = Field(description="ARN of the forecast, as in 'provenance'.")
    created_at: Instant = Field(description="When the forecast was made.")
    source: Text = Field(description="Who made it: 'local' or 'amazon'.", examples=["local"])
    algorithm: Text = Field(description="Algorithm of the predictor.", examples=["auto"])
    predictor: Arn = Field(
        description="ARN of the predictor.",
        examples=["arn:aws:forecast:eu-west-1:000000000000:predictor/store_demand_20260831"],
    )
    trained_at: Instant = Field(description="When the predictor was trained.")
    data_until: Day = Field(description="Last day of sales that the forecast knows.")
    run: Identifier | None = Field(
        description="Identifier of the training run that made it; null if none did."
    )
    is_current: Flag = Field(description="Whether this forecast is served.", examples=[True])


class ServedForecast(KeptForecast):
    """The forecast that is served now."""

    previous: Identifier | None = Field(
        description="Identifier of the forecast that was served before; null if nothing changed.",
        examples=["store_demand_20260824"],
    )


class Supposition(AnswerModel):
    """A changed covariate on some days, as it was sent."""

    covariate: Text = Field(description="Name of the covariate.", examples=["promo"])
    value: float | str = Field(
        description="Its value on these days.",
        examples=[1],
        json_schema_extra={"x-unit": "the unit of the covariate"},
    )
    first: Day = Field(alias="from", description="First day.", examples=["2026-09-05"])
    last: Day = Field(alias="to", description="Last day.", examples=["2026-09-06"])


class WhatIfProvenance(Provenance):
    """The provenance of the forecast, and the changes."""

    what_if: Literal[True] = Field(
        description="Always true: these numbers are not a forecast of the plan.", examples=[True]
    )
    changes: list[Supposition] = Field(description="The changes that were computed.")


class WhatIfTotal(AnswerModel):
    """Sums of one forecast type over the days of the answer."""

    forecast_type: Text = Field(description="The forecast type that is summed.", examples=["p50"])
    baseline: Units = Field(description="Sum without the changes.", examples=[3374.0])
    what_if: Units = Field(description="Sum with the changes.", examples=[3414.0])
    difference: Units = Field(description="Sum with minus sum without.", examples=[40.0])
    share: Change | None = Field(
        description="The difference as a share of the sum without; null if that is 0.",
        examples=[0.0119],
    )


class StoreWhatIf(AnswerModel):
    """The forecast with the changes, without them, and the difference."""

    store_number: StoreNumber
    item: ItemName | None = None
    result: QueryForecastResult = Field(description="The forecast with the changes.")
    baseline: QueryForecastResult = Field(description="The forecast without them.")
    difference: QueryForecastResult = Field(description="'result' minus 'baseline', per period.")
    total: WhatIfTotal
    notes: list[str] = Field(
        description="What to know about the numbers, such as a value beyond all earlier ones.",
        examples=[["'price' was never as low as 0.5; its effect is carried no farther than 0.79"]],
    )
    provenance: WhatIfProvenance
    sentences: Sentences = None


class StoreWhatIfs(AnswerModel):
    """What-ifs of many stores, in the order of the request, and the total of all."""

    forecasts: list[StoreWhatIf] = Field(
        description="One what-if per store, in the order of the request."
    )
    total: WhatIfTotal = Field(description="Sums over all stores.")
    sentences: Sentences = None


class WhatIf(RootModel[StoreWhatIf | StoreWhatIfs]):
    """The what-if of one store, or of many if ``store_numbers`` was sent. Nothing is stored."""
