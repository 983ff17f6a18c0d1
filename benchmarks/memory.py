"""``memory``: peak memory of import, training and forecast, each in its own process."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.panels import add_column_option, read_panel
from benchmarks.processes import Cost, measured
from benchmarks.sample import LAST_SALE
from benchmarks.synthetic import Shape, write_synthetic
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.registry import NAMES
from forecast_service.engine.train import train
from forecast_service.importer.sample import write_sample

LEVELS = (0.1, 0.5, 0.9)
BACKTESTS = 2  # as in the service
COMMANDS = {
    "import": ("import", "--json"),
    "training run": ("train", "--force", "--json"),
}
ROLES = ("sales", "future", "stores")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for data and algorithm."""
    parser.add_argument("--data", type=Path, help="file of sales (default: the sample data)")
    add_column_option(parser)
    parser.add_argument(
        "--future", type=Path, help="file of the coming days, if it is a separate file"
    )
    parser.add_argument("--stores", type=Path, help="file with one row per store (optional)")
    parser.add_argument(
        "--series", type=int, help="use this many synthetic series instead of a file"
    )
    parser.add_argument(
        "--periods", type=int, default=365, help="days of the synthetic series (default 365)"
    )
    parser.add_argument("--algorithm", choices=NAMES, default="auto", help="default: auto")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--step", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns the exit status of a step that failed, otherwise 0."""
    if arguments.step:
        steps = _command(arguments) if arguments.step in COMMANDS else engine(arguments)
        print(json.dumps({name: asdict(cost) for name, cost in steps.items()}))
        return 0
    if arguments.column:
        os.environ["FORECAST_COLUMNS"] = ",".join(arguments.column)  # for the steps, too
    with tempfile.TemporaryDirectory() as folder:
        files = _files(arguments, Path(folder))
        costs: dict[str, dict[str, float]] = {}
        for step in (*COMMANDS, "engine"):
            ended = _child(step, files, Path(folder) / "home", arguments)
            if ended.returncode:
                return ended.returncode
            of_step = json.loads(ended.stdout.splitlines()[-1])
            costs |= of_step
            print(_lines(of_step), file=sys.stderr, flush=True)
        result = {"steps": costs, "file_bytes": {k: v.stat().st_size for k, v in files.items()}}
    print(json.dumps(result) if arguments.json else table(costs))
    return 0


def engine(arguments: argparse.Namespace) -> dict[str, Cost]:
    """Costs of reading the files, of training with its backtest, and of the forecast."""
    files = {role: getattr(arguments, _option(role)) for role in ROLES}
    with measured() as reading:
        panel, future = read_panel({role: path for role, path in files.items() if path})
    config = FitConfig(horizon=future.horizon, quantiles=LEVELS, backtest_windows=BACKTESTS)
    with measured() as training:
        fitted = train(arguments.algorithm, panel, config).fitted
    with measured() as forecasting:
        fitted.forecast(future, LEVELS)
    return {"panel": reading, "train": training, "forecast": forecasting}


def table(costs: Mapping[str, Mapping[str, float]]) -> str:
    """The result as text. A peak is all memory of the process, Python included."""
    heading = f"{'step':16}{'peak MB':>9}{'CPU s':>9}{'wall s':>9}"
    return "\n".join([heading, _lines(costs)])


def _lines(costs: Mapping[str, Mapping[str, float]]) -> str:
    return "\n".join(
        f"{name:16}{cost['peak_bytes'] / 1e6:9.0f}{cost['cpu_seconds']:9.2f}"
        f"{cost['wall_seconds']:9.2f}"
        for name, cost in costs.items()
    )


def _files(arguments: argparse.Namespace, folder: Path) -> dict[str, Path]:
    """The files by role."""
    if arguments.series:
        return write_synthetic(Shape(arguments.series, arguments.periods), folder)
    if arguments.data is None:
        return write_sample(folder, LAST_SALE)
    paths = {role: getattr(arguments, _option(role)) for role in ROLES}
    return {role: path for role, path in paths.items() if path is not None}


def _option(role: str) -> str:
    return "data" if role == "sales" else role


def _child(
    step: str, files: Mapping[str, Path], home: Path, arguments: argparse.Namespace
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "memory", "--step", step]
    for role, path in files.items():
        command += [f"--{_option(role)}", str(path)]
    command += ["--algorithm", arguments.algorithm]
    settings = {"FORECAST_HOME": str(home), "FORECAST_ALGORITHM": arguments.algorithm}
    return subprocess.run(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True
    )


def _command(arguments: argparse.Namespace) -> dict[str, Cost]:
    """The cost of a command of the service, run in this process."""
    from forecast_service.cli import main

    verb, *options = COMMANDS[arguments.step]
    if verb == "import":
        options = [str(path) for path in (arguments.data, arguments.future) if path] + options
        options += ["--stores", str(arguments.stores)] if arguments.stores else []
    with measured() as cost:
        main([verb, *options], standalone_mode=False)
    return {arguments.step: cost}
