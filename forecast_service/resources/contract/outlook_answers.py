"""The answer of ``/stores/<store_number>/outlook``, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from forecast_service.resources.contract.forecast_answers import AnswerModel, Provenance
from forecast_service.resources.contract.planning_answers import ForecastRow, HistoryRow

__all__ = ["Finding", "Outlook"]

Number = float | None
Column = list[Number]


class Quantiles(BaseModel):
    """Quantiles of the forecast: a field per forecast type, such as ``p10``, ``p50``, ``p90``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Column]


class OutlookHistory(AnswerModel):
    """Columns of the past, a value per period; null where nothing is known.

    ``last_year``: sales of the comparable period a year before. ``then``: what was forecast for
    the period about seven days before it.
    """

    date: list[str]
    closed: list[bool]
    covariates: dict[str, Column]
    sales: Column
    last_year: Column
    then: Quantiles


class OutlookForecast(BaseModel):
    """Columns of the forecast, a value per period; also one column per forecast type."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Column]

    date: list[str]
    closed: list[bool]
    covariates: dict[str, Column]
    last_year: Column
    parts: dict[str, Column] | None
    """Parts of the forecast in units, with their signs; null if the model has none."""


class OutlookWeek(BaseModel):
    """Totals of a calendar week, also one field per forecast type; null if not known."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]
    days: int
    last_year: Number
    total_method: str | None


class BandCoverage(AnswerModel):
    """How many of the last ``days`` fell ``inside`` the band from ``low`` to ``high``.

    ``source``: ``served`` (what was forecast about a week before) or ``backtest``.
    """

    days: int
    inside: int
    low: str
    high: str
    nominal: float
    source: Literal["served", "backtest"]


class Finding(BaseModel):
    """A finding for people: a ``code`` with its values, and an English sentence of them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Any]

    code: str
    text: str


class PlannedCovariate(AnswerModel):
    """A covariate that a what-if may change, with its value on each day of the forecast."""

    covariate: str
    label: str
    kind: Literal["flag", "number", "text"]
    allowed: list[str | float] | None
    least: Number
    most: Number
    values: list[str | float | None]


class ItemCount(AnswerModel):
    """Number of the items that the store sells."""

    count: int


class OutlookUnusualDay(AnswerModel):
    """A day whose sales are far from what the series sells on such a day."""

    item: str | None
    date: str
    sales: float
    usual: float


class Outlook(AnswerModel):
    """Past and forecast of one store, or of one item in it; in rows with ``shape=rows``."""

    store_number: int | str
    store_name: str | None
    region: str
    state: Literal["active", "dormant"]
    item: str | None
    frequency: str
    history: OutlookHistory | list[HistoryRow]
    forecast: OutlookForecast | list[ForecastRow]
    holidays: dict[str, str]
    weeks: list[OutlookWeek]
    coverage: BandCoverage | None
    reasons: list[Finding]
    plan: list[PlannedCovariate]
    problems: list[Finding]
    items: ItemCount | None
    unusual_days: list[OutlookUnusualDay]
    provenance: Provenance
