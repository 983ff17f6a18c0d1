"""``retrain``: the cost of a full training, and of a training after one store's new day."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.panels import add_column_option, read_panel
from benchmarks.sample import LAST_SALE
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.metrics import average_wql
from forecast_service.engine.panel import Panel
from forecast_service.engine.registry import NAMES
from forecast_service.engine.train import Trained, train
from forecast_service.importer.sample import write_sample

LEVELS = (0.1, 0.5, 0.9)
BACKTESTS = 2  # windows by which auto chooses its weights, as in the service
TARGET_SECONDS = 2.0
RUNS = 5  # of the short training; the median is used

Result = TypeVar("Result")


@dataclass(frozen=True)
class Cost:
    """Seconds of one training; CPU seconds include child processes."""

    wall: float
    cpu: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for data, horizon and algorithm."""
    parser.add_argument("--data", type=Path, help="file of sales (default: the sample data)")
    add_column_option(parser)
    parser.add_argument(
        "--future", type=Path, help="file of the coming days, if it is a separate file"
    )
    parser.add_argument("--stores", type=Path, help="file with one row per store (optional)")
    parser.add_argument("--horizon", type=int, default=48, help="days ahead (default 48)")
    parser.add_argument("--algorithm", choices=NAMES, default="auto", help="default: auto")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 when one store's new day takes more than two seconds."""
    whole = _panel(arguments)
    config = FitConfig(
        horizon=arguments.horizon,
        quantiles=LEVELS,
        processes=os.cpu_count() or 1,
        backtest_windows=BACKTESTS,
    )
    result = measure(arguments.algorithm, whole, config)
    print(json.dumps(result) if arguments.json else table(result))
    return 0 if result["one_day_of_one_store"]["wall"] <= TARGET_SECONDS else 1


def measure(name: str, whole: Panel, config: FitConfig) -> dict[str, Any]:
    """Costs on a panel; its last ``horizon`` periods are hidden to judge the forecasts.

    The day before them is the new day: first of one store, then of all stores.
    """
    cutoff = whole.n_periods - config.horizon
    of_all = whole.before(cutoff)
    of_one = _of_one_store(of_all)
    full, full_cost = _timed(lambda: train(name, whole.before(cutoff - 1), config))
    runs = [_timed(lambda: train(name, of_one, config, previous=full)) for _ in range(RUNS)]
    warm, warm_cost = runs[0][0], Cost(*(_median(runs, field) for field in ("wall", "cpu")))
    every, every_cost = _timed(lambda: train(name, of_all, config, previous=full))
    anew = train(name, of_one, config)
    return {
        "stores": whole.n_series,
        "days": cutoff,
        "horizon": config.horizon,
        "full": asdict(full_cost),
        "one_day_of_one_store": asdict(warm_cost),
        "one_day_of_all_stores": asdict(every_cost),
        "ratio": full_cost.cpu / warm_cost.cpu,
        "target_seconds": TARGET_SECONDS,
        "WQL": {
            "kept": _wql(warm, whole, cutoff),
            "full": _wql(anew, whole, cutoff),
            "kept_all_stores": _wql(every, whole, cutoff),
            "full_all_stores": _wql(train(name, of_all, config), whole, cutoff),
        },
        "notes": list(warm.notes),
    }


def table(result: dict[str, Any]) -> str:
    """The result as text."""
    lines = [
        f"{result['stores']} stores, {result['days']} days, {result['horizon']} days ahead",
        f"{'training':24}{'wall s':>10}{'CPU s':>10}",
    ]
    for name in ("full", "one_day_of_one_store", "one_day_of_all_stores"):
        cost = result[name]
        lines.append(f"{name.replace('_', ' '):24}{cost['wall']:10.2f}{cost['cpu']:10.2f}")
    wql = result["WQL"]
    verdict = "within" if result["one_day_of_one_store"]["wall"] <= TARGET_SECONDS else "ABOVE"
    lines += [
        f"a full training needs {result['ratio']:.0f} times the CPU of one store's new day; the "
        f"new day is {verdict} {TARGET_SECONDS:.0f} s",
        f"WQL of the next {result['horizon']} days after one store's new day: {wql['kept']:.4f} "
        f"(full training: {wql['full']:.4f})",
        f"WQL after a new day of all stores: {wql['kept_all_stores']:.4f} "
        f"(full training: {wql['full_all_stores']:.4f})",
    ]
    return "\n".join(lines)


def _panel(arguments: argparse.Namespace) -> Panel:
    with tempfile.TemporaryDirectory() as folder:
        files = (
            {"sales": arguments.data} if arguments.data else write_sample(Path(folder), LAST_SALE)
        )
        for role in ("future", "stores"):
            if getattr(arguments, role) is not None:
                files[role] = getattr(arguments, role)
        return read_panel(files, arguments.horizon, arguments.column)[0]


def _of_one_store(panel: Panel) -> Panel:
    """The panel in which only the first store that sold on the last day has that day."""
    target = panel.target.copy()
    store = int(np.argmax(target[:, -1] > 0))
    target[np.arange(len(target)) != store, -1] = np.nan
    return replace(panel, target=target)


def _wql(trained: Trained, whole: Panel, cutoff: int) -> float:
    future = whole.known_between(cutoff, whole.n_periods)
    quantiles = trained.fitted.forecast(future, LEVELS)
    by_level = {level: quantiles[:, :, place] for place, level in enumerate(LEVELS)}
    return average_wql(whole.target[:, cutoff:], by_level)


def _timed(work: Callable[[], Result]) -> tuple[Result, Cost]:
    wall, cpu = time.perf_counter(), _cpu_seconds()
    result = work()
    return result, Cost(time.perf_counter() - wall, _cpu_seconds() - cpu)


def _median(runs: list[tuple[Any, Cost]], name: str) -> float:
    return statistics.median(getattr(cost, name) for _, cost in runs)


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
