"""Started resources: the predictor and the forecast that a run made, and their end with it."""

from __future__ import annotations

from forecast_service.errors import NotFound
from forecast_service.runs.run import TrainingRun, resource_name
from forecast_service.trainer import Trainer

__all__ = ["UNFINISHED", "stop_started"]

UNDER_WAY = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
UNFINISHED = (*UNDER_WAY, "CREATE_STOPPING")


def stop_started(trainer: Trainer, run: TrainingRun) -> bool:
    """Stop what a run has started, one resource at a time; return whether all have ended."""
    for arn in _started_arns(trainer, run):
        status = _status(trainer, run, arn)
        if status in UNDER_WAY:
            trainer.stop(arn)
        if status in UNFINISHED:
            return False
    return True


def _started_arns(trainer: Trainer, run: TrainingRun) -> list[str]:
    """Resources that the run started, also those that it could not record any more."""
    if run.started_at is None:
        return []
    name = resource_name(run)
    predictor = run.predictor_arn or trainer.find_predictor(name)
    forecast = run.forecast_arn or trainer.find_forecast(name)
    started = [forecast, predictor if run.trains else None]
    return [arn for arn in started if arn is not None]


def _status(trainer: Trainer, run: TrainingRun, arn: str) -> str:
    try:
        if arn == run.forecast_arn or ":forecast/" in arn:
            return str(trainer.describe_forecast(arn)["Status"])
        return str(trainer.describe_predictor(arn)["Status"])
    except NotFound:
        return "DELETED"
