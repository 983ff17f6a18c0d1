"""What-if forecasts: the model of a forecast, asked with other related series."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import series_key, split_key
from forecast_service.engine.panel import KnownFuture
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.forecast_models import ServedModel, read_model
from forecast_service.local.jobs.forecast_values import values_of
from forecast_service.local.jobs.forecasting import model_for
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.panels import attributes_of
from forecast_service.local.jobs.predictor_config import configuration_of
from forecast_service.local.jobs.sources import Source, metadata_at, sources_at
from forecast_service.local.jobs.supplied.replacements import Replacement
from forecast_service.local.jobs.supplied.supplied_rows import read_rows, supplied_schema
from forecast_service.local.jobs.what_ifs.transformations import (
    TIMESTAMP,
    FutureRows,
    transformed,
)
from forecast_service.local.resource_details import (
    AnalysisDetails,
    ForecastDetails,
    JobDetails,
    PredictorDetails,
)
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["run_what_if_forecast"]


def run_what_if_forecast(job: Job) -> Finish:
    """Forecast the series of the analysis; the returned function stores them.

    Nothing is trained, and only the periods of the horizon change.

    Raises
    ------
    InvalidData
        The replacement data cannot be read, an attribute is not known for the future, or the model
        of the forecast is lost.
    """
    assumption = _Assumption(job)
    rows: list[StoredForecast] = []
    for model in assumption.models():
        rows += assumption.applied_to(model)

    def finish(connection: sa.Connection) -> JobDetails:
        forecast_store.write(connection, rows)
        return JobDetails.of(job.resource.details)

    return finish


class _Assumption:
    """What a what-if forecast assumes, and what it is about."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.request = job.resource.request
        self.analysis = job.get(self.request["WhatIfAnalysisArn"])
        self.forecast = job.get(self.analysis.request["ForecastArn"])
        self.predictor = job.get(str(self.forecast.parent_arn))
        self.names = tuple(PredictorDetails.of(self.predictor.details).keys or ())
        self.replacement = self._replacement()

    def models(self) -> Iterator[ServedModel]:
        """The models of the series that are asked for, some series at a time."""
        chosen = self._chosen()
        for model in _kept_models(self.job, self.forecast, self.predictor):
            rows = [row for key, row in model.rows.items() if key in chosen]
            if rows:
                yield model.take(np.array(rows, dtype=np.intp))

    def applied_to(self, model: ServedModel) -> list[StoredForecast]:
        """The forecasts of a model under the assumption."""
        future = model.limits.bounds.within(self._changed(model))
        values = model.limits.applied_to(values_of(model.fitted, future, model.forecast_types))
        columns = model.fitted.keys, model.fitted.algorithms, model.fitted.notes, values
        return [
            StoredForecast(
                forecast_arn=self.job.resource.arn,
                series_key=series_key(key),
                start=str(future.timestamps[0]),
                frequency=parse_frequency(model.frequency).short,
                forecast_types=model.forecast_types,
                values=of_series,
                algorithm=algorithm,
                note=note,
            )
            for key, algorithm, note, of_series in zip(*columns, strict=True)
        ]

    def _changed(self, model: ServedModel) -> KnownFuture:
        future, keys = model.known_future, model.fitted.keys
        if self.replacement is not None:
            future = self.replacement.merged_over(future, keys, model.frequency)
        attributes = {} if self.metadata is None else attributes_of(self.metadata, keys)
        rows = FutureRows(self.names, keys, future.timestamps, attributes)
        return transformed(future, rows, self.request.get("TimeSeriesTransformations", ()))

    @cached_property
    def metadata(self) -> Source | None:
        """The item metadata of the forecast, if a condition may be about it."""
        known = {TIMESTAMP, *(name.lower() for name in self.names)}
        asked = {
            condition["AttributeName"].lower()
            for transformation in self.request.get("TimeSeriesTransformations", ())
            for condition in transformation.get("TimeSeriesConditions", ())
        }
        snapshot = ForecastDetails.of(self.forecast.details).snapshot or {}
        return metadata_at(self.job, snapshot) if asked - known else None

    def _chosen(self) -> set[tuple[str, ...]]:
        selected = AnalysisDetails.of(self.analysis.details).selected
        if selected is not None:
            return {tuple(key) for key in selected}
        with self.job.database.read() as connection:
            return {split_key(key) for key in forecast_store.keys(connection, self.forecast.arn)}

    def _replacement(self) -> Replacement | None:
        source = self.request.get("TimeSeriesReplacementsDataSource")
        if source is None:
            return None
        schema = supplied_schema(self.names, source["Schema"])
        return Replacement(read_rows(self.job, source, schema), schema, self.names)


def _kept_models(job: Job, forecast: Resource, predictor: Resource) -> Iterator[ServedModel]:
    """The model of a forecast from its files; if they were swept, made again from the same data."""
    details, home = ForecastDetails.of(forecast.details), job.settings.home
    files = details.served or ()
    if files and all((home / file["path"]).exists() for file in files):
        for file in files:
            yield read_model(home / file["path"])
        return
    group = configuration_of(predictor).dataset_group_arn
    sources = sources_at(job, group, details.snapshot or {})
    yield model_for(job, predictor, sources, tuple(forecast.request["ForecastTypes"]))[1]
