"""Answers about kept forecasts and what moved between two of them, as pydantic models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Arn,
    Change,
    Day,
    Days,
    ItemName,
    RegionName,
    StoreNumber,
    Units,
)
from forecast_service.resources.contract.forecast_answers import KeptForecast
from forecast_service.resources.contract.planning.outlook_answers import (
    Column,
    Dates,
    Finding,
    Sold,
)

__all__ = ["ComparedForecast", "KeptForecasts", "Moved", "MovedDays", "RunChanges", "Values"]

Shares = Annotated[
    Column, Field(examples=[[0.12, None]], json_schema_extra={"x-unit": "share; 0.12 is +12 %"})
]


class MovedDays(AnswerModel):
    """Columns of the days that two forecasts share: the middle of both, and the difference."""

    date: Dates = Field(description="The days.")
    before: Sold = Field(description="The middle in the other forecast.")
    after: Sold = Field(description="The middle in this forecast.")
    units: Sold = Field(description="This one minus the other.", examples=[[4.5, 0.0]])
    share: Shares = Field(description="The difference as a share; null without a base.")


class SumChange(AnswerModel):
    """Sums of the middle in two forecasts."""

    before: Units = Field(description="Sum in the earlier forecast.", examples=[3374.0])
    after: Units = Field(description="Sum in the later forecast.", examples=[3414.0])
    units: Units = Field(description="The later one minus the earlier.", examples=[40.0])
    share: Change | None = Field(
        description="The difference as a share; null without a base.", examples=[0.0119]
    )


class Moved(SumChange):
    """Sums over some days."""

    first: Day = Field(alias="from", description="First day.", examples=["2026-08-31"])
    last: Day = Field(alias="to", description="Last day.", examples=["2026-09-06"])
    days: Days = Field(description="Number of days.")


class RegionChange(SumChange):
    """The change in a region."""

    region: RegionName


class StoreChange(SumChange):
    """The change of a store."""

    store_number: StoreNumber


class RunChanges(AnswerModel):
    """What the forecast of a run changed in the first week that both forecasts have.

    Only stores that the caller may see count.
    """

    against: Arn = Field(description="The forecast that was served before.")
    first: Day = Field(alias="from", description="First day.", examples=["2026-08-31"])
    last: Day = Field(alias="to", description="Last day.", examples=["2026-09-06"])
    days: Days = Field(description="Number of days.")
    total: SumChange = Field(description="All stores together.")
    regions: list[RegionChange] = Field(description="By region.")
    stores: list[StoreChange] = Field(description="The ten stores that moved most.")


class Values(BaseModel):
    """Columns of a forecast: ``date``, and one per forecast type."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Column]

    date: Dates = Field(description="The periods.")


class KeptForecastOfStore(KeptForecast):
    """A kept forecast; if a store was named, also its values."""

    values: Values | None = Field(
        None, description="Columns for the store; null if the store is not in it."
    )


class KeptForecasts(AnswerModel):
    """The forecasts that can be served, newest first."""

    forecasts: list[KeptForecastOfStore] = Field(description="The forecasts, newest first.")


class ComparedForecast(KeptForecastOfStore):
    """A kept forecast; with ``against``, the other one, and the difference on common days."""

    store_number: StoreNumber | None = None
    item: ItemName | None = None
    against: KeptForecastOfStore | None = Field(None, description="The other forecast.")
    days: MovedDays | None = Field(None, description="The difference per day.")
    weeks: list[Moved] | None = Field(None, description="The difference per week.")
    total: Moved | None = Field(None, description="The difference over all common days.")
    reasons: list[Finding] | None = Field(None, description="Why they differ.")
