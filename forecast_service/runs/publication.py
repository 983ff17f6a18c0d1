"""Publication: makes a finished forecast the current one, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forecast_service.amazon.amazon_state import note_predictor
from forecast_service.errors import InvalidData
from forecast_service.runs import run_rows
from forecast_service.runs.run import TrainingRun
from forecast_service.session import ForecastSession
from forecast_service.storage.groups import lock_group, move_pointer
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.tables import forecast_values, forecasts, series

__all__ = ["serve"]

AUTO = "auto"


def serve(
    session: ForecastSession,
    queue: Queue,
    claim: Claim,
    run: TrainingRun,
    predictor: Mapping[str, Any],
    forecast: Mapping[str, Any],
) -> None:
    """Move the pointer of the group to the run's forecast, and end the run as serving.

    ``predictor`` and ``forecast`` are Amazon's descriptions of the two.

    Raises
    ------
    InvalidData
        The forecast contains no series; the pointer does not move.
    """
    notes = session.details.notes(forecast["ForecastArn"])
    with queue.fenced(claim) as connection:
        lock_group(connection, run.dataset_group)
        _record(connection, session.source, run, predictor, forecast, notes)
        move_pointer(connection, run.dataset_group, forecast["ForecastArn"])
        if session.is_remote:
            note_predictor(connection, run.dataset_group, predictor)
        run_rows.end(connection, run, "serving", progress=1.0, message=None)
        queue.finish(connection, claim)


def _record(
    connection: sa.Connection,
    source: str,
    run: TrainingRun,
    predictor: Mapping[str, Any],
    forecast: Mapping[str, Any],
    notes: list[str],
) -> None:
    arn = forecast["ForecastArn"]
    count, start = connection.execute(
        sa.select(sa.func.count(), sa.func.min(forecast_values.c.start)).where(
            forecast_values.c.forecast_arn == arn
        )
    ).one()
    if count == 0:
        raise InvalidData(
            f"Forecast '{arn}' contains no series of dataset group '{run.dataset_group}', so it "
            "cannot be served. Check which stores were imported."
        )
    connection.execute(sa.delete(forecasts).where(forecasts.c.forecast_arn == arn))
    connection.execute(
        sa.insert(forecasts).values(
            forecast_arn=arn,
            dataset_group=run.dataset_group,
            predictor_arn=predictor["PredictorArn"],
            source=source,
            algorithm=_algorithm(predictor),
            trained_at=predictor["CreationTime"].timestamp(),
            created_at=forecast["CreationTime"].timestamp(),
            data_until=_data_until(start),
            data_version=run.data_version,
            run_id=run.id,
            ladder=_ladder(run),
            assumptions=[*notes, *_without_forecast(connection, run.dataset_group, count)],
        )
    )


def _ladder(run: TrainingRun) -> dict[str, str] | None:
    """Which step made the forecast, and why not the first one; None if the first one did."""
    if run.ladder is None or run.step is None:
        return None
    return {"step": run.step, **run.ladder}


def _data_until(start: str) -> str:
    """The last day of the data: the date of the moment before the first period."""
    return (datetime.fromisoformat(start) - timedelta(seconds=1)).date().isoformat()


def _algorithm(predictor: Mapping[str, Any]) -> str:
    """Our name of the predictor's algorithm: the last part of its ARN in lower case, or auto."""
    return str(predictor.get("AlgorithmArn", AUTO)).rpartition("/")[2].lower()


def _without_forecast(connection: sa.Connection, group: str, count: int) -> list[str]:
    total = connection.execute(
        sa.select(sa.func.count()).select_from(series).where(series.c.dataset_group == group)
    ).scalar_one()
    if total <= count:
        return []
    return [f"{total - count} of {total} series are not part of this forecast"]
