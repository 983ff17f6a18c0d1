"""Export jobs: what they may be asked for."""

from __future__ import annotations

from typing import Any

from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params, create, refuse_taken, require_active
from forecast_service.local.catalog import Resource
from forecast_service.local.kinds import (
    BACKTEST_EXPORT,
    FORECAST,
    FORECAST_EXPORT,
    PREDICTOR,
    Kind,
)

__all__ = ["create_backtest_export", "create_export", "create_forecast_export"]

DEFAULTS = {"Format": "CSV"}


def create_forecast_export(call: Call, params: Params) -> dict[str, Any]:
    """CreateForecastExportJob: a worker will write every series of an ACTIVE forecast."""
    return create_export(call, FORECAST_EXPORT, params, FORECAST)


def create_backtest_export(call: Call, params: Params) -> dict[str, Any]:
    """CreatePredictorBacktestExportJob: a worker will write what a predictor was measured by."""
    return create_export(call, BACKTEST_EXPORT, params, PREDICTOR)


def create_export(call: Call, kind: Kind, params: Params, of: Kind) -> dict[str, Any]:
    """Add an export job of one resource of the kind ``of``, which must be ACTIVE."""
    exported: Resource = require_active(call, of, params[of.arn_member])
    name = params[kind.name_member]
    arn = arn_of(call.settings, kind.word, exported.arn.partition("/")[2], name)
    refuse_taken(call, kind, name, arn)
    return create(
        call,
        kind,
        {**DEFAULTS, **params},
        arn=arn,
        parent=exported,
        dataset_group_arn=exported.dataset_group_arn,
    )
