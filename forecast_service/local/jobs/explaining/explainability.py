"""Explainability jobs: the impact of each attribute on the forecasts of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from forecast_service.common.keys import split_key
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.errors import InvalidData
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.explaining.impacts import Impacts
from forecast_service.local.jobs.explaining.shapley import backgrounds, shapley_values
from forecast_service.local.jobs.forecast_models import ServedModel
from forecast_service.local.jobs.forecasting import model_for
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.predictor_config import PredictorConfig, configuration_of
from forecast_service.local.jobs.sources import sources_at
from forecast_service.local.jobs.supplied.selected_series import require_some, selected_keys
from forecast_service.local.kinds import PREDICTOR
from forecast_service.local.resource_details import (
    DataDetails,
    ExplainabilityDetails,
    PredictorDetails,
    data_details_of,
)
from forecast_service.storage import forecast_store
from forecast_service.storage.planning import forecast_parts

__all__ = ["run_explainability"]

MOST_SELECTED = 50  # series that can be explained singly
MOST_TOGETHER = 200  # series that stand for all, evenly chosen
SPECIFIC = "SPECIFIC"
HOLIDAYS = ("holidays", "christmas")  # parts of models

Key = tuple[str, ...]


def run_explainability(job: Job) -> Finish:
    """Compute the impacts; the returned function stores them.

    Raises
    ------
    InvalidData
        The selection or the model cannot be read, or the data were deleted.
    """
    request = job.resource.request
    subject = job.get(request["ResourceArn"])
    predictor = subject if subject.type == PREDICTOR.word else job.get(str(subject.parent_arn))
    config = configuration_of(predictor)
    granularity = request["ExplainabilityConfig"]
    by_series = granularity["TimeSeriesGranularity"] == SPECIFIC
    panel, model = _model(job, subject, predictor, _chosen(job, subject, predictor))
    times = _times(request, model.known_future)
    job.progress(0.5, "comparing with usual weeks")
    season = config.fit_config(job.settings).season_length
    values = _impacts(job, config, panel, model, season)
    rows = Impacts(model.fitted.keys, values).stored(job.resource.arn, times, by_series=by_series)
    shown = [] if times is None else [str(time) for time in model.known_future.timestamps[times]]
    details = replace(ExplainabilityDetails.of(job.resource.details), times=shown)

    def finish(connection: sa.Connection) -> ExplainabilityDetails:
        forecast_parts.write(connection, rows)
        return details

    return finish


def _chosen(job: Job, subject: Resource, predictor: Resource) -> set[Key] | None:
    """The series to explain; None for all of a predictor."""
    request = job.resource.request
    names = PredictorDetails.of(predictor.details).keys or ()
    if "DataSource" in request:
        identifiers = {"DataSource": request["DataSource"], "Schema": request["Schema"]}
        listed = selected_keys(job, {"TimeSeriesIdentifiers": identifiers}, names) or set()
        if len(listed) > MOST_SELECTED:
            raise InvalidData(
                f"{len(listed)} series are listed; at most {MOST_SELECTED} can be explained "
                "singly. List fewer, or set TimeSeriesGranularity to ALL."
            )
    else:
        listed = None
    if subject.type == PREDICTOR.word:
        return None
    with job.database.read() as connection:
        known = {split_key(key) for key in forecast_store.keys(connection, subject.arn)}
    if listed is None:
        return known
    chosen = listed & known
    require_some(sorted(chosen), listed)
    return chosen


def _model(
    job: Job, subject: Resource, predictor: Resource, chosen: set[Key] | None
) -> tuple[Panel, ServedModel]:
    """The history and the model of the series; some of them, if they are too many."""
    data: DataDetails = data_details_of(subject.type, subject.details)
    group = configuration_of(predictor).dataset_group_arn
    sources = sources_at(job, group, data.snapshot or {})
    types = tuple(subject.request["ForecastTypes"])
    model_input, model = model_for(job, predictor, sources, types, chosen)
    count = len(model.fitted.keys)
    if count <= MOST_TOGETHER:
        return model_input.panel, model
    rows = np.linspace(0, count - 1, MOST_TOGETHER).astype(np.intp)
    return model_input.panel.take(rows), model.take(rows)


def _times(request: Any, future: KnownFuture) -> npt.NDArray[np.intp] | None:
    """Indices of the single periods that are asked for; None for none."""
    if request["ExplainabilityConfig"]["TimePointGranularity"] != SPECIFIC:
        return None
    first, last = (np.datetime64(request[f"{end}DateTime"], "s") for end in ("Start", "End"))
    times = np.flatnonzero((future.timestamps >= first) & (future.timestamps <= last))
    if not len(times):
        raise InvalidData(
            f"The forecast has no period between StartDateTime and EndDateTime: it covers "
            f"{future.timestamps[0]} to {future.timestamps[-1]}. Ask for a time in that range."
        )
    return times


def _impacts(
    job: Job, config: PredictorConfig, panel: Panel, model: ServedModel, season: int
) -> dict[str, FloatArray]:
    """Impacts by attribute: related features, item metadata, holidays."""
    future, limits = model.known_future, model.limits

    def ask(changed: KnownFuture) -> FloatArray:
        mean = model.fitted.mean(limits.bounds.within(changed))
        return limits.applied_to(mean[:, None])[:, 0]

    usual = backgrounds(panel, future, season)
    values = shapley_values(ask, future, usual, job.settings.seed)
    nothing = np.zeros((len(model.fitted.keys), future.horizon))
    values |= {name: nothing for name in panel.attributes if name not in values}
    if config.country is not None:
        values[f"Holiday_{config.country}"] = _holidays(model, nothing)
    return {name: values[name] for name in sorted(values)}


def _holidays(model: ServedModel, nothing: FloatArray) -> FloatArray:
    parts = model.fitted.contributions(model.known_future)
    found: Sequence[FloatArray] = [parts[name] for name in HOLIDAYS if name in parts]
    added: FloatArray = np.sum([nothing, *found], axis=0)
    return model.limits.applied_to(added[:, None])[:, 0]
