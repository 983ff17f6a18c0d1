"""Forecast jobs: a trained model meets the newest data, and every series gets its future."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.engine.grouped import facts_of
from forecast_service.engine.registry import condition
from forecast_service.local.jobs.forecast_models import ServedModel, keep_model, seen_values
from forecast_service.local.jobs.forecast_values import values_of
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.panels import build
from forecast_service.local.jobs.predictor_config import configuration_of
from forecast_service.local.jobs.predictor_models import load_model
from forecast_service.local.jobs.sources import read_sources
from forecast_service.local.resource_details import ForecastDetails, PredictorDetails
from forecast_service.storage import forecast_store
from forecast_service.storage.forecast_store import StoredForecast

__all__ = ["run_forecast"]


def run_forecast(job: Job) -> Finish:
    """Forecast every series of the newest data; what is given stores all of it at once.

    The model is not trained again: when the data are newer than it, it takes up their level. As
    it then is it is kept beside the forecast, for what-ifs.

    Raises
    ------
    InvalidData
        The data do not cover the horizon, or the model cannot be read.
    """
    predictor = job.get(job.resource.request["PredictorArn"])
    config = configuration_of(predictor)
    job.progress(0.0, "reading the data")
    sources = read_sources(job, config.dataset_group_arn)
    built = build(sources, config)
    job.progress(0.3, "meeting the newest data")
    fitted = load_model(job.settings.home, predictor)
    trained_on = PredictorDetails.of(predictor.details).snapshot
    if sources.snapshot != trained_on or fitted.keys != built.panel.keys:
        fitted = condition(config.algorithm, fitted, built.panel)
    types = tuple(job.resource.request.get("ForecastTypes") or config.forecast_types)
    job.progress(0.6, f"forecasting {len(fitted.keys)} series")
    values = values_of(fitted, built.known_future, types)
    seen = seen_values(built.panel, built.known_future)
    model = ServedModel(fitted, built.known_future, config.frequency, types, seen)
    start = str(built.known_future.timestamps[0])
    details = replace(
        ForecastDetails.of(job.resource.details),
        snapshot=dict(sources.snapshot),
        data_until=str(built.panel.timestamps[-1])[:10],
        series=len(fitted.keys),
        notes=list(built.notes),
        served=keep_model(job.settings.home, config.algorithm, model),
    )

    def rows() -> Iterator[StoredForecast]:
        said = fitted.algorithms, fitted.notes, facts_of(fitted)
        for key, algorithm, note, known, of_series in zip(fitted.keys, *said, values, strict=True):
            yield StoredForecast(
                forecast_arn=job.resource.arn,
                series_key=series_key(key),
                start=start,
                frequency=config.frequency,
                forecast_types=types,
                values=of_series,
                algorithm=algorithm,
                note=note,
                facts=known,
            )

    def finish(connection: sa.Connection) -> ForecastDetails:
        forecast_store.write(connection, rows())
        return details

    return finish
