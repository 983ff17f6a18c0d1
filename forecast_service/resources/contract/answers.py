"""Every answer by its name, as pydantic models for ``/openapi.json`` and the tests.

A field must have a description, an example and, if it is a number, a unit
(``tests/resources/contract``). ``fields`` has types that bring them along.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from forecast_service.resources.contract.accounts.account_answers import (
    ApiKey,
    ApiKeys,
    CallerAnswer,
    NewApiKey,
)
from forecast_service.resources.contract.accounts.user_answers import USER_ANSWERS
from forecast_service.resources.contract.fields import AnswerModel, Text
from forecast_service.resources.contract.forecast_answers import Forecast, ServedForecast, WhatIf
from forecast_service.resources.contract.import_answers import Import, ImportReport, Imports
from forecast_service.resources.contract.operation_answers import System, UndoPreview, Upload
from forecast_service.resources.contract.planning.kept_answers import (
    ComparedForecast,
    KeptForecasts,
)
from forecast_service.resources.contract.planning.outlook_answers import Outlook, StoreItems
from forecast_service.resources.contract.planning.overview_answers import (
    Accuracy,
    Overview,
    Regions,
)
from forecast_service.resources.contract.planning.scenario_answers import (
    Scenario,
    Scenarios,
    ScenarioSummary,
)
from forecast_service.resources.contract.problem import Problem
from forecast_service.resources.contract.store_answers import History, Store, Stores
from forecast_service.resources.contract.training_answers import (
    TrainingDecision,
    TrainingRun,
    TrainingRuns,
)

__all__ = [
    "ANSWERS",
    "Forecast",
    "History",
    "Import",
    "KeptForecasts",
    "Problem",
    "ServedForecast",
    "Store",
    "Stores",
    "TrainingDecision",
    "TrainingRun",
    "TrainingRuns",
]


class Health(AnswerModel):
    """The process is alive."""

    status: Text = Field(description="Always 'ok'.", examples=["ok"])


class Readiness(AnswerModel):
    """Requests can be answered: all of them (``ready``), or not all (``degraded``)."""

    status: Text = Field(
        description="'ready', or 'degraded' while forecasts are served but something is damaged.",
        examples=["ready"],
    )
    database: Text = Field(description="Always 'ready'.", examples=["ready"])
    forecast: Text = Field(
        description="'ready', or 'none' if no forecast is served yet.", examples=["ready"]
    )
    problems: list[str] | None = Field(
        None,
        description="What is damaged or full, in sentences; only if the status is 'degraded'.",
        examples=[["The disk is full."]],
    )


ANSWERS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        *USER_ANSWERS,
        ApiKey,
        ApiKeys,
        CallerAnswer,
        NewApiKey,
        System,
        UndoPreview,
        Upload,
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
        Overview,
        Regions,
        Readiness,
        Scenario,
        Scenarios,
        ScenarioSummary,
        ServedForecast,
        Store,
        StoreItems,
        Stores,
        TrainingDecision,
        TrainingRun,
        TrainingRuns,
        WhatIf,
    )
}
