"""Forecast jobs: a trained model forecasts every series from the newest data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.grouped import facts_of
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.registry import condition
from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.forecast_models import ServedModel, covariate_ranges, keep_model
from forecast_service.local.jobs.forecast_values import forecast_parts, values_of
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.limits import limits_of
from forecast_service.local.jobs.panels import ModelInput, build_input
from forecast_service.local.jobs.predictor_config import AUTO, configuration_of
from forecast_service.local.jobs.predictor_models import load_model
from forecast_service.local.jobs.sources import Sources, read_sources
from forecast_service.local.jobs.supplied.new_items import forecasts_of_new_items
from forecast_service.local.jobs.supplied.selected_series import require_some, selected_keys
from forecast_service.local.resource_details import ForecastDetails, PredictorDetails
from forecast_service.local.store_totals import ITEMS_OF_STORES, store_totals
from forecast_service.storage import forecast_store
from forecast_service.storage.planning import forecast_parts as stored_parts
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["model_for", "run_forecast"]

UNREADABLE = "its model cannot be read by this version of the service"


def run_forecast(job: Job) -> Finish:
    """Forecast every series, or those selected; the returned function stores all forecasts at once.

    The model is not trained again. If the data are newer, it is conditioned on them. That model is
    stored with the forecast, for what-ifs.

    Raises
    ------
    InvalidData
        The data do not cover the horizon, or the model or the selection cannot be read.
    """
    request = job.resource.request
    predictor = job.get(request["PredictorArn"])
    config = configuration_of(predictor)
    job.progress(0.0, "reading the data")
    sources = read_sources(job, config.dataset_group_arn)
    names = PredictorDetails.of(predictor.details).keys or ()
    chosen = selected_keys(job, request.get("TimeSeriesSelector"), names)
    types = tuple(request.get("ForecastTypes") or config.forecast_types)
    model_input, model = model_for(job, predictor, sources, types, chosen)
    fitted, known_future = model.fitted, model.known_future
    job.progress(0.6, f"forecasting {len(fitted.keys)} series")
    values = model.limits.applied_to(values_of(fitted, known_future, types))
    details = replace(
        ForecastDetails.of(job.resource.details),
        snapshot=dict(sources.snapshot),
        data_until=str(model_input.panel.timestamps[-1])[:10],
        notes=list(model_input.notes),
        served=keep_model(job.settings.home, config.algorithm, model),
    )
    rows = _rows(job.resource.arn, model, values, model_input)
    new = [] if chosen is not None else _new_items(job, predictor, sources, model, rows)
    details = replace(details, series=len(rows) + len(new))
    totals = _totals(job, predictor, model, rows, model_input.panel)
    job.progress(0.95, "explaining the forecasts")
    parts = forecast_parts(rows, totals, fitted, known_future)

    def finish(connection: sa.Connection) -> ForecastDetails:
        forecast_store.write(connection, [*rows, *new, *totals.values()])
        stored_parts.write(connection, parts)
        return details

    return finish


def model_for(
    job: Job,
    predictor: Resource,
    sources: Sources,
    types: tuple[str, ...],
    chosen: set[tuple[str, ...]] | None = None,
) -> tuple[ModelInput, ServedModel]:
    """The data and the model of a forecast, for all series or for those that are ``chosen``.

    Raises
    ------
    InvalidData
        The data do not cover the horizon, the model cannot be read, or no chosen series exists.
    """
    config = configuration_of(predictor)
    whole = build_input(sources, config)
    job.progress(0.3, "applying the newest data")
    fitted = _conditioned(job, predictor, sources.snapshot, whole.panel)
    limits = limits_of(whole.panel, whole.known_future)
    future = limits.bounds.within(whole.known_future)
    ranges = covariate_ranges(whole.panel, whole.known_future)
    model = ServedModel(fitted, future, whole.panel.frequency, types, ranges, limits)
    if chosen is None:
        return whole, model
    kept = [key for key in fitted.keys if key in chosen]
    require_some(kept, chosen)
    rows = np.array([model.rows[key] for key in kept], dtype=np.intp)
    part = replace(whole, panel=whole.panel.take(rows), known_future=whole.known_future.take(rows))
    return part, model.take(rows)


def _conditioned(
    job: Job, predictor: Resource, snapshot: Mapping[str, int], panel: Panel
) -> Fitted:
    """The model of a predictor, conditioned on the panel if it was trained on other data."""
    fitted = _load(job, predictor)
    trained_on = PredictorDetails.of(predictor.details).snapshot
    if snapshot == trained_on and fitted.keys == panel.keys:
        return fitted
    return condition(configuration_of(predictor).algorithm, fitted, panel)


def _rows(
    forecast_arn: str, model: ServedModel, values: FloatArray, model_input: ModelInput
) -> list[StoredForecast]:
    """What is stored of each series, in the order of the model."""
    fitted, start = model.fitted, str(model.known_future.timestamps[0])
    all_facts = model.limits.added_to(facts_of(fitted), model_input)
    columns = fitted.keys, fitted.algorithms, fitted.notes, all_facts, values
    return [
        StoredForecast(
            forecast_arn=forecast_arn,
            series_key=series_key(key),
            start=start,
            frequency=parse_frequency(model.frequency).short,
            forecast_types=model.forecast_types,
            values=series_values,
            algorithm=algorithm,
            note=note,
            facts=facts,
        )
        for key, algorithm, note, facts, series_values in zip(*columns, strict=True)
    ]


def _new_items(
    job: Job,
    predictor: Resource,
    sources: Sources,
    model: ServedModel,
    rows: Sequence[StoredForecast],
) -> list[StoredForecast]:
    """Forecasts of items without sales, as Amazon's global models make them.

    Stores of the service itself have none: outside Amazon's API, a store is known by its sales.
    """
    config = configuration_of(predictor)
    own = job.get(config.dataset_group_arn).name == job.settings.dataset_group
    if own or config.algorithm != AUTO:
        return []
    return forecasts_of_new_items(sources, model.fitted.keys, rows)


def _totals(
    job: Job,
    predictor: Resource,
    model: ServedModel,
    rows: Sequence[StoredForecast],
    panel: Panel,
) -> dict[str, StoredForecast]:
    """The totals of the stores by their name; none if the series are no items of stores."""
    if tuple(PredictorDetails.of(predictor.details).keys or ()) != ITEMS_OF_STORES:
        return {}
    job.progress(0.9, "adding up the items of each store")
    return store_totals(rows, model.fitted, model.known_future, panel, model.limits)


def _load(job: Job, predictor: Resource) -> Fitted:
    """The model of a predictor; one that cannot be read is marked, so that it is replaced."""
    try:
        return load_model(job.settings.home, predictor)
    except InvalidData:
        details = replace(PredictorDetails.of(predictor.details), unreadable=UNREADABLE)
        with job.queue.fenced(job.claim) as connection:
            catalog.update(connection, predictor.arn, details=details)
        raise
