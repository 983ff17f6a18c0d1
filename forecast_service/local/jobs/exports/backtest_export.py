"""Predictor backtest export jobs: what was forecast in the test windows, and how accurately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from forecast_service.common.keys import MEAN, parse_forecast_type, prediction_key
from forecast_service.engine.panel import FloatArray
from forecast_service.local.jobs.exports.backtest_files import BacktestBlock, read_backtest
from forecast_service.local.jobs.exports.export_files import export_destination, write_export
from forecast_service.local.jobs.exports.forecast_export import series_columns
from forecast_service.local.jobs.exports.item_accuracy import accuracy_of, averages
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.predictor_config import configuration_of
from forecast_service.local.jobs.predictor_models import backtest_path
from forecast_service.local.resource_details import JobDetails, PredictorDetails

__all__ = ["run_backtest_export"]

FORECASTS, ACCURACY = "forecasted-values", "accuracy-metrics-values"
COMPUTED, SUMMARY = "Computed", "Summary"


def run_backtest_export(job: Job) -> Finish:
    """Write the backtest of the predictor; the returned function records nothing more.

    Raises
    ------
    InvalidData
        The predictor has no backtest, or the destination cannot be written.
    """
    predictor = job.get(job.resource.request["PredictorArn"])
    names = tuple(PredictorDetails.of(predictor.details).keys or ())
    types = configuration_of(predictor).forecast_types
    blocks = partial(_blocks, job, backtest_path(job.settings.home, predictor))
    with export_destination(job) as destination:
        folders = {
            FORECASTS: (_forecasts(tested, names, types) for tested in blocks()),
            ACCURACY: (_accuracy(tested, names) for tested in blocks()),
        }
        write_export(destination, folders)
    details = JobDetails.of(job.resource.details)

    def finish(connection: sa.Connection) -> JobDetails:
        return details

    return finish


def _blocks(job: Job, path: Path) -> Iterator[BacktestBlock]:
    """The backtest in blocks; between them the job can be stopped."""
    for number, tested in enumerate(read_backtest(path)):
        job.progress(0.5, f"block {number + 1} of series")
        yield tested


def _forecasts(tested: BacktestBlock, names: Sequence[str], types: Sequence[str]) -> pa.Table:
    """A row per series, window and period, in this order."""
    n, windows, horizon = tested.actual.shape
    starts = [window[0] for window in tested.times for _ in window]
    ends = [window[-1] for window in tested.times for _ in window]  # inclusive, as Amazon's are
    times = [time for window in tested.times for time in window]
    return pa.table(
        {
            **series_columns(tested.keys, names, [windows * horizon] * n),
            "timestamp": _texts(times, n),
            "target_value": _numbers(tested.actual),
            "backtestwindow_start_time": _texts(starts, n),
            "backtestwindow_end_time": _texts(ends, n),
            **{prediction_key(name): _numbers(_values(tested, name)) for name in types},
        }
    )


def _accuracy(tested: BacktestBlock, names: Sequence[str]) -> pa.Table:
    """A row per series and window with a known actual, then one with the averages of the series."""
    n, windows, _ = tested.actual.shape
    computed = accuracy_of(tested)
    summary = averages(computed)
    is_known = np.any(~np.isnan(tested.actual), axis=2)
    is_row = np.column_stack([is_known, np.any(is_known, axis=1)])
    first, last = tested.times[0][0], tested.times[-1][-1]
    starts = [*(window[0] for window in tested.times), first]
    ends = [*(window[-1] for window in tested.times), last]
    table = pa.table(
        {
            **series_columns(tested.keys, names, [windows + 1] * n),
            "backtest_window": _texts([*[COMPUTED] * windows, SUMMARY], n),
            "backtestwindow_start_time": _texts(starts, n),
            "backtestwindow_end_time": _texts(ends, n),
            **{
                name: _numbers(np.concatenate([values, summary[name]], axis=1))
                for name, values in computed.items()
            },
        }
    )
    return table.filter(pa.array(is_row.ravel()))


def _values(tested: BacktestBlock, forecast_type: str) -> FloatArray:
    """The forecasts of one type, (n, windows, horizon)."""
    if forecast_type == MEAN:
        return tested.mean
    return tested.quantiles[..., tested.levels.index(parse_forecast_type(forecast_type))]


def _texts(texts: Sequence[str], n: int) -> pa.Array:
    """The texts of one series, for each of ``n`` series."""
    return pa.array(texts, pa.string()).take(pa.array(np.tile(np.arange(len(texts)), n)))


def _numbers(values: FloatArray) -> pa.Array:
    """All numbers in their order; an unknown one is an empty cell."""
    return pa.array(np.ascontiguousarray(values).ravel(), from_pandas=True)
