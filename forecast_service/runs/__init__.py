"""Training runs: decisions, records, steps, served forecasts."""

from __future__ import annotations

from forecast_service.runs.decisions import Decision
from forecast_service.runs.kept_forecasts import KeptForecast, KeptForecasts
from forecast_service.runs.run import TrainingRun
from forecast_service.runs.run_rows import KIND
from forecast_service.runs.runs import TrainingRuns

__all__ = ["KIND", "Decision", "KeptForecast", "KeptForecasts", "TrainingRun", "TrainingRuns"]
