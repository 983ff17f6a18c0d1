"""``speed``: CPU time of our Prophet and of the ``prophet`` package, on the same stores."""

from __future__ import annotations

import argparse
import json
import logging
import resource
import statistics
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.panels import add_column_option, read_panel
from benchmarks.sample import LAST_SALE
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.registry import algorithm
from forecast_service.importer.sample import write_sample

LEVELS = (0.1, 0.5, 0.9)
TARGET_RATIO = 100.0
RUNS = 5  # of ours; one run is too short to measure well


@dataclass(frozen=True)
class Cost:
    """CPU seconds of all stores together, child processes included."""

    fit: float
    forecast: float

    @property
    def total(self) -> float:
        return self.fit + self.forecast


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for data and number of stores."""
    parser.add_argument("--data", type=Path, help="file of sales (default: the sample data)")
    add_column_option(parser)
    parser.add_argument(
        "--future", type=Path, help="file of the coming days, if it is a separate file"
    )
    parser.add_argument(
        "--stores",
        type=int,
        default=30,
        help="number of stores, evenly spread over all (default 30)",
    )
    parser.add_argument("--horizon", type=int, default=48, help="days ahead (default 48)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 when ours is not fast enough."""
    panel, future = _data(arguments)
    measure_ours(panel.take([0]), future.take([0]))  # so that imports are not measured
    measure_package(panel.take([0]), future.take([0]))
    ours, our_p50 = measure_ours(panel, future)
    package, their_p50 = measure_package(panel, future)
    ratio = package.total / ours.total
    result = {
        "ratio_to_prophet": ratio,
        "target": TARGET_RATIO,
        "stores": panel.n_series,
        "days": panel.n_periods,
        "horizon": future.horizon,
        "cpu_seconds": {"ours": asdict(ours), "prophet": asdict(package)},
        "p50_difference": _difference(panel, our_p50, their_p50),
    }
    print(json.dumps(result) if arguments.json else table(result))
    return 0 if ratio >= TARGET_RATIO else 1


def measure_ours(panel: Panel, future: KnownFuture) -> tuple[Cost, FloatArray]:
    """The cost of our engine, as medians of several runs, and its p50 (n, horizon)."""
    prophet, config = algorithm("prophet"), FitConfig(horizon=future.horizon)
    fits = [_timed(lambda: prophet.fit(panel, config)) for _ in range(RUNS)]
    fitted = fits[0][0]
    forecasts = [_timed(lambda: fitted.forecast(future, LEVELS)) for _ in range(RUNS)]
    seconds = [statistics.median(cost for _, cost in runs) for runs in (fits, forecasts)]
    return Cost(*seconds), forecasts[0][0][:, :, 1]


def measure_package(panel: Panel, future: KnownFuture) -> tuple[Cost, FloatArray]:
    """The cost of a loop over the stores with the package, and its p50 (n, horizon).

    It gets the open days, and the covariates that vary.
    """
    cost, rows = Cost(0.0, 0.0), []
    for row in range(panel.n_series):
        model, fit_seconds = _timed(lambda row=row: _fit_package(panel, row))
        frame = _frame(future.timestamps, future.covariates, row)
        predicted, seconds = _timed(lambda model=model, frame=frame: model.predict(frame))
        cost = Cost(cost.fit + fit_seconds, cost.forecast + seconds)
        rows.append(predicted["yhat"].to_numpy())
    closed = find_closing(panel).closed(future.covariates, (panel.n_series, future.horizon))
    return cost, np.where(closed, 0.0, np.maximum(np.array(rows), 0.0))


def table(result: dict[str, Any]) -> str:
    """The result as text."""
    lines = [
        f"{result['stores']} stores, {result['days']} days, {result['horizon']} days ahead "
        "(p10, p50, p90); CPU seconds",
        f"{'':10}{'fit':>10}{'forecast':>10}{'ms/store':>10}",
    ]
    for name, cost in result["cpu_seconds"].items():
        per_store = (cost["fit"] + cost["forecast"]) / result["stores"] * 1e3
        lines.append(f"{name:10}{cost['fit']:10.3f}{cost['forecast']:10.3f}{per_store:10.2f}")
    verdict = "at least" if result["ratio_to_prophet"] >= TARGET_RATIO else "BELOW"
    lines.append(
        f"prophet needs {result['ratio_to_prophet']:.0f} times the CPU of ours, {verdict} "
        f"{TARGET_RATIO:.0f}; p50 differs by {result['p50_difference']:.2%} of the mean sales"
    )
    return "\n".join(lines)


def _data(arguments: argparse.Namespace) -> tuple[Panel, KnownFuture]:
    with tempfile.TemporaryDirectory() as folder:
        files = (
            {"sales": arguments.data} if arguments.data else write_sample(Path(folder), LAST_SALE)
        )
        if arguments.future is not None:
            files["future"] = arguments.future
        panel, future = read_panel(files, arguments.horizon, arguments.column)
    count = min(arguments.stores, panel.n_series)
    rows = np.linspace(0, panel.n_series - 1, count).round().astype(np.intp)
    return panel.take(rows), future.take(rows)


def _fit_package(panel: Panel, row: int) -> Any:
    from prophet import Prophet

    target = find_closing(panel).open_target(panel)[row]
    known = ~np.isnan(target)
    frame = _frame(panel.timestamps, panel.covariates, row)[known]
    frame["y"] = target[known]
    model = Prophet(weekly_seasonality=True, daily_seasonality=False)
    for name in panel.covariates:
        if frame[name].nunique() > 1:
            model.add_regressor(name)
    return model.fit(frame)


def _frame(times: Any, covariates: Any, row: int) -> Any:
    import pandas as pd

    return pd.DataFrame({"ds": times, **{name: v[row] for name, v in covariates.items()}})


def _difference(panel: Panel, ours: FloatArray, theirs: FloatArray) -> float:
    """Mean absolute difference of the p50, relative to the mean sales of open days."""
    sold = find_closing(panel).open_target(panel)
    return float(np.abs(ours - theirs).mean() / np.nanmean(sold))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result of the work, and the CPU seconds of this process and its ended children."""
    for name in ("prophet", "cmdstanpy", "prophet.plot"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    began = _cpu_seconds()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warnings inside the package
        result = work()
    return result, _cpu_seconds() - began


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
