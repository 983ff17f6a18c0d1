"""Monitors of predictors: their evaluations, and going on after a stop."""

from __future__ import annotations

from typing import Any

from forecast_service.local.calls import Call, Params, require
from forecast_service.local.kinds import MONITOR

__all__ = ["list_evaluations", "resume"]


def list_evaluations(call: Call, params: Params) -> dict[str, Any]:
    """ListMonitorEvaluations; raises DoesNotExist for an unknown monitor."""
    require(call, MONITOR, params["MonitorArn"])
    return {"PredictorMonitorEvaluations": []}


def resume(call: Call, params: Params) -> None:
    """ResumeResource; raises DoesNotExist for an unknown monitor."""
    require(call, MONITOR, params["ResourceArn"])
