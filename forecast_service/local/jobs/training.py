"""Predictor jobs: train and measure a model on the newest data of a dataset group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa

from forecast_service.engine.algorithm import part
from forecast_service.engine.panel import Panel
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.train import train
from forecast_service.engine.training_result import Trained
from forecast_service.errors import InvalidData
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.accuracy import evaluation_results, executions
from forecast_service.local.jobs.auto_ml.contest import Contestant, contest
from forecast_service.local.jobs.earlier_training import EarlierTraining, earlier_training
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.panels import build_input
from forecast_service.local.jobs.predictor_config import PredictorConfig, configuration_of
from forecast_service.local.jobs.predictor_models import save_trained
from forecast_service.local.jobs.sources import read_sources
from forecast_service.local.operations.predictor_rules import MAX_HORIZON
from forecast_service.local.resource_details import PredictorDetails

__all__ = ["count_notes", "run_training"]

MAX_NOTES = 10
AUTO_PARTS = 4  # the horizon of a new auto predictor is at most 1/4 of the data
MOST_SUBDAILY = 100_000  # series with periods shorter than a day
RETRAINED_PARTS = 3  # that of a retrained one, and with AutoML, is at most 1/3


def run_training(job: Job) -> Finish:
    """Train on the newest data and save the model; the returned function gives its details.

    Raises
    ------
    InvalidData
        The data do not fit the configuration, or are too short for the horizon.
    """
    config = configuration_of(job.resource)
    job.progress(0.0, "reading the data")
    sources = read_sources(job, config.dataset_group_arn)
    model_input = build_input(sources, config)
    _require_few_series(model_input.panel)
    _require_length(model_input.panel.n_periods, config, job.resource)
    tested, trained, earlier, left_out = _trained(job, config, model_input.panel)
    config = tested[0].config if tested else config
    results = [(one.trained, one.config.algorithm_arn) for one in tested]
    results = results or [(trained, config.algorithm_arn)]
    models = save_trained(
        job.settings.home, config.algorithm, trained, model_input.panel, earlier.predictor
    )
    notes = [
        *model_input.notes,
        *left_out,
        *earlier.notes_of(trained),
        *count_notes(trained.fitted.notes),
    ]
    details = replace(
        PredictorDetails.of(job.resource.details),
        is_auto=config.is_auto,
        frequency=model_input.panel.frequency,
        chosen=config.algorithm_arn if tested else None,
        accuracy=evaluation_results(results),
        executions=executions(results),
        dataset_import_job_arns=list(sources.import_jobs),
        snapshot=dict(sources.snapshot),
        data_until=str(model_input.panel.timestamps[-1])[:10],
        models=models,
        algorithms=dict(Counter(name.split()[0] for name in trained.fitted.algorithms)),
        kept_from=earlier.kept_from(trained),
        notes=notes,
    )

    def finish(connection: sa.Connection) -> PredictorDetails:
        return details

    return finish


def _trained(
    job: Job, config: PredictorConfig, panel: Panel
) -> tuple[list[Contestant], Trained, EarlierTraining, list[str]]:
    """The training; if AutoML chooses, all contestants (best first) and notes about others."""
    fit_config, progress = config.fit_config(job.settings), part(job.progress, 0.02, 0.98)
    if config.candidates:
        metric = job.resource.request.get("OptimizationMetric")
        tested, notes = contest(config, metric, panel, fit_config, progress)
        return tested, tested[0].trained, EarlierTraining(), notes
    earlier = earlier_training(job, config)
    trained = train(config.algorithm, panel, fit_config, progress, previous=earlier.trained)
    return [], trained, earlier, []


def count_notes(notes: Iterable[str | None]) -> list[str]:
    """Notes about single series, each once with its number of series."""
    counts = Counter(note for note in notes if note)
    lines = [f"{count} series: {note}" for note, count in counts.most_common(MAX_NOTES)]
    more = len(counts) - MAX_NOTES
    return [*lines, f"and {more} more kinds of note"] if more > 0 else lines


def _require_few_series(panel: Panel) -> None:
    """Check Amazon's limit of series for frequencies finer than days."""
    frequency = parse_frequency(panel.frequency)
    if frequency.is_subdaily and panel.n_series > MOST_SUBDAILY:
        raise InvalidData(
            f"ForecastFrequency '{frequency.plain}' allows at most {MOST_SUBDAILY:,} series, and "
            f"the target time series has {panel.n_series:,}. Use 'D', 'W', 'M' or 'Y'."
        )


def _require_length(n_periods: int, config: PredictorConfig, predictor: Resource) -> None:
    """Check Amazon's limits of the horizon for this length of the target time series."""
    if config.is_auto or config.candidates:
        is_new = config.is_auto and "ReferencePredictorArn" not in predictor.request
        parts = AUTO_PARTS if is_new else RETRAINED_PARTS
        most, rule = n_periods // parts, f"{n_periods} periods / {parts}"
    else:
        most, rule = n_periods - 1, f"{n_periods} periods - 1"
    if config.horizon > min(MAX_HORIZON, most):
        raise InvalidData(
            f"ForecastHorizon is {config.horizon}, but the target time series allows at most "
            f"{min(MAX_HORIZON, most)} ({rule}, never more than {MAX_HORIZON}). "
            "Import a longer history or ask for a shorter horizon."
        )
    offset = config.offset or config.horizon
    if not config.is_auto and config.windows and 2 * offset >= n_periods:
        raise InvalidData(
            f"BackTestWindowOffset is {offset}; it must be less than half of the {n_periods} "
            "periods of the target time series. Import a longer history or choose a smaller one."
        )
