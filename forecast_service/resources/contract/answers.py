"""Answers as pydantic models, for ``/openapi.json`` and the tests."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, RootModel

from forecast_service.resources.contract.account_answers import (
    ApiKey,
    ApiKeys,
    CallerAnswer,
    NewApiKey,
)
from forecast_service.resources.contract.forecast_answers import AnswerModel, Forecast, WhatIf
from forecast_service.resources.contract.operation_answers import System, UndoPreview, Upload
from forecast_service.resources.contract.outlook_answers import Finding, Outlook
from forecast_service.resources.contract.overview_answers import Accuracy, Overview, Regions
from forecast_service.resources.contract.planning_answers import (
    Moved,
    MovedDays,
    RunChanges,
    Scenario,
    Scenarios,
    ScenarioSummary,
    StoreItems,
    Values,
)
from forecast_service.resources.contract.user_answers import USER_ANSWERS

__all__ = ["ANSWERS", "Problem"]


class TrainingRun(AnswerModel):
    """The record of a retrain request; ``state`` is waiting, training, forecasting, serving,
    failed or cancelled."""

    id: str
    dataset_group: str
    store: str | None
    state: str
    stages: list[str]
    trains: bool
    reason: str
    detail: str
    forced: bool
    joined: int
    predictor_arn: str | None
    forecast_arn: str | None
    data_version: int | None
    data_until: str | None
    progress: float | None
    expected_at: str | None
    message: str | None
    error: str | None
    requested_by: str | None
    requested_at: str | None
    started_at: str | None
    finished_at: str | None
    changes: RunChanges | None = None
    """Only of one run that is asked for, once it serves; null if there was no forecast before."""


class TrainingRuns(AnswerModel):
    """Training runs, newest first."""

    runs: list[TrainingRun]


class TrainingDecision(AnswerModel):
    """The decision on a retrain request, with its numbers."""

    store_number: int | str
    message: str
    started: bool
    joined: bool
    rule: str
    age_days: float | None
    tolerance_days: float
    trained_at: str | None
    newer_days_of_sales: int | None
    predictor: dict[str, Any] | None
    run: TrainingRun | None


class KeptForecast(AnswerModel):
    """A forecast that can be served. ``forecast`` is its ARN, as in ``provenance``; ``id`` is the
    end of the ARN."""

    id: str
    forecast: str
    created_at: str
    source: str
    algorithm: str
    predictor: str
    trained_at: str
    data_until: str
    run: str | None
    is_current: bool


class KeptForecastOfStore(KeptForecast):
    """A kept forecast; with ``store_number``, ``values`` are its columns for the store (or null if
    the store is not in it)."""

    values: Values | None = None


class ComparedForecast(KeptForecastOfStore):
    """A kept forecast; with ``against``, the other one, and the difference on common days."""

    store_number: int | str | None = None
    item: str | None = None
    against: KeptForecastOfStore | None = None
    days: MovedDays | None = None
    weeks: list[Moved] | None = None
    total: Moved | None = None
    reasons: list[Finding] | None = None


class KeptForecasts(AnswerModel):
    """The forecasts that can be served, newest first."""

    forecasts: list[KeptForecastOfStore]


class ServedForecast(KeptForecast):
    """The forecast that is served now; ``previous`` is the id of the one before, or null if
    nothing changed."""

    previous: str | None


class StoreSummary(AnswerModel):
    """A store and the extent of its sales.

    ``state`` is ``dormant`` if the store stopped selling long ago while others go on; its served
    forecast is 0.
    """

    store_number: int | str
    state: Literal["active", "dormant"]
    region: str
    attributes: dict[str, Any]
    first_sale_on: str
    last_sale_on: str
    days: int
    assumed_from: str | None
    data_until: str
    """Last day of the newest period with sales."""
    imported_at: str


class UnusualDay(AnswerModel):
    """A day whose sales are far from what the series sells on such a day."""

    item: str | None
    date: str
    sales: float
    usual: float


class Store(StoreSummary):
    """A store with its items (none if the sales are per store) and its newest unusual days.

    ``dormant_items`` stopped selling long ago while others go on; their served forecast is 0.
    """

    items: list[str]
    dormant_items: list[str]
    unusual_days: list[UnusualDay]
    stale: str | None


class Stores(AnswerModel):
    """A page of the stores; ``next`` is the address of the next page, or null."""

    stores: list[StoreSummary]
    count: int
    next: str | None
    stale: str | None
    """Why the forecast of the stores is stale, or null."""


class SoldDay(AnswerModel):
    """One day of a series; ``sales`` is null if the sales are not known."""

    date: str
    item: str | None = None
    sales: float | None
    stockout: bool
    """True if the day is marked as a stock-out: demand was at least what was sold."""
    covariates: dict[str, float | None]


class History(AnswerModel):
    """Sales by day."""

    store_number: int | str
    item: str | None
    days: list[SoldDay]


class ImportReport(RootModel[dict[str, Any]]):
    """How the files were understood: columns, stores, dates, gaps, covariates."""


class Import(AnswerModel):
    """One import; ``state`` is waiting, reading, loading, done, failed or undone."""

    id: str
    state: str
    mode: str
    files: dict[str, str]
    options: dict[str, Any]
    report: ImportReport | None
    error: dict[str, Any] | None
    requested_by: str | None
    requested_at: str | None
    finished_at: str | None
    loaded_with: str | None
    """The import whose load contains the rows of this one; null if it is its own."""


class Imports(AnswerModel):
    """Imports, newest first."""

    imports: list[Import]


class Health(AnswerModel):
    """The process is alive."""

    status: str


class Readiness(AnswerModel):
    """Requests can be answered: all of them (``ready``), or not all (``degraded``)."""

    status: str
    database: str
    forecast: str
    problems: list[str] | None = None
    """What is damaged or full; only if the status is ``degraded``."""


class ProblemFinding(AnswerModel):
    """One error, and its place in the request or file."""

    pointer: str
    detail: str


class ProblemRemedy(AnswerModel):
    """What helps: a code for programs, and the words with which ``detail`` ends."""

    code: str
    text: str


class Problem(AnswerModel):
    """An error (RFC 9457), in the same form from every route."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemFinding] | None = None
    remedy: ProblemRemedy | None = None
    request_id: str


ANSWERS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        *USER_ANSWERS,
        ApiKey,
        ApiKeys,
        CallerAnswer,
        Accuracy,
        ComparedForecast,
        Forecast,
        Health,
        History,
        Import,
        ImportReport,
        Imports,
        KeptForecasts,
        Outlook,
        NewApiKey,
        Overview,
        Readiness,
        Regions,
        Scenario,
        Scenarios,
        ScenarioSummary,
        ServedForecast,
        Store,
        StoreItems,
        Stores,
        System,
        TrainingDecision,
        TrainingRun,
        TrainingRuns,
        UndoPreview,
        Upload,
        WhatIf,
    )
}
