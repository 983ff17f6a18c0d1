"""``scale``: time and memory of training and forecast as the number of series grows."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.processes import Cost, measured, resident_bytes
from benchmarks.synthetic import Shape, synthetic_panel
from forecast_service.engine.algorithm import FitConfig, Progress
from forecast_service.engine.registry import NAMES
from forecast_service.engine.train import train

LEVELS = (0.1, 0.5, 0.9)
SIZES = (100, 1000, 10_000, 100_000)
BACKTESTS = 2  # as in the service
HORIZON = 28
STEEPEST = 1.15  # exponent between the two largest sizes; 1 is linear, plus noise of the CPU time
WORKING_BYTES = 1_000_000_000  # of the training, for any number of series
BYTES_PER_SERIES = 12_000  # of the model, its backtest and the forecast, which are all kept
ONE = "--in-this-process"


@dataclass(frozen=True)
class Size:
    """The cost of one number of series. ``data_bytes``: memory of the panel itself."""

    series: int
    data_bytes: int
    before_bytes: int
    """Memory before the training: Python, libraries and the panel."""
    train: Cost
    forecast: Cost
    wape: float
    """Of the backtest."""

    @property
    def peak_bytes(self) -> int:
        """Peak of training and forecast, minus the memory before."""
        return max(self.train.peak_bytes, self.forecast.peak_bytes) - self.before_bytes

    @property
    def allowed_bytes(self) -> int:
        """The limit of ``peak_bytes``."""
        return WORKING_BYTES + BYTES_PER_SERIES * self.series


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for sizes, length and algorithm."""
    parser.add_argument(
        "--series",
        type=int,
        nargs="+",
        default=SIZES,
        help="numbers of series (default: 100 1000 10000 100000)",
    )
    parser.add_argument("--periods", type=int, default=365, help="days of history (default 365)")
    parser.add_argument("--horizon", type=int, default=HORIZON, help="days ahead (default 28)")
    parser.add_argument("--algorithm", choices=NAMES, default="auto", help="default: auto")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(ONE, action="store_true", dest="here", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 when time or memory grows too fast, or memory is too large."""
    if arguments.here:
        print(json.dumps(asdict(measure(arguments.series[0], arguments))))
        return 0
    sizes = []
    for count in sorted(arguments.series):
        sizes.append(_in_child(count, arguments))
        print(_line(sizes[-1]), file=sys.stderr, flush=True)
    result = summary(sizes, arguments)
    print(json.dumps(result) if arguments.json else table(sizes, result))
    return 1 if result["broken"] else 0


def measure(count: int, arguments: argparse.Namespace) -> Size:
    """Train and forecast this many series in this process."""
    panel, future = synthetic_panel(Shape(count, arguments.periods, arguments.horizon))
    data = [panel.target, *(values.base for values in panel.covariates.values())]
    before = resident_bytes(["self"])
    config = FitConfig(
        horizon=arguments.horizon, quantiles=LEVELS, backtest_windows=BACKTESTS, processes=2
    )
    with measured() as training:
        trained = train(arguments.algorithm, panel, config, _report_progress(count))
    with measured() as forecasting:
        trained.fitted.forecast(future, LEVELS)
    return Size(
        series=count,
        data_bytes=sum(values.nbytes for values in data),
        before_bytes=before,
        train=training,
        forecast=forecasting,
        wape=trained.summary["WAPE"] if trained.summary else float("nan"),
    )


def summary(sizes: list[Size], arguments: argparse.Namespace) -> dict[str, Any]:
    """What ``--json`` prints; ``broken`` lists every limit that was exceeded."""
    exponents = growth(sizes)
    return {
        "algorithm": arguments.algorithm,
        "periods": arguments.periods,
        "horizon": arguments.horizon,
        "sizes": [
            {**asdict(size), "peak_bytes": size.peak_bytes, "allowed_bytes": size.allowed_bytes}
            for size in sizes
        ],
        "growth": exponents,
        "steepest": STEEPEST,
        "broken": broken(sizes, exponents),
    }


def growth(sizes: list[Size]) -> dict[str, dict[str, float]]:
    """Exponents of time and memory, over all sizes and between the two largest."""
    return {
        "train_cpu": _exponents(sizes, [size.train.cpu_seconds for size in sizes]),
        "forecast_cpu": _exponents(sizes, [size.forecast.cpu_seconds for size in sizes]),
        "peak_bytes": _exponents(sizes, [size.peak_bytes for size in sizes]),
    }


def broken(sizes: list[Size], exponents: dict[str, dict[str, float]]) -> list[str]:
    """A sentence for every limit that was exceeded."""
    steep = [
        f"{name} grows with exponent {exponent['last']:.2f}; at most {STEEPEST} is allowed"
        for name, exponent in exponents.items()
        if exponent["last"] > STEEPEST
    ]
    return steep + [
        f"{size.series} series need {size.peak_bytes / 1e6:.0f} MB beyond their data; "
        f"at most {size.allowed_bytes / 1e6:.0f} MB are allowed"
        for size in sizes
        if size.peak_bytes > size.allowed_bytes
    ]


def table(sizes: list[Size], result: dict[str, Any]) -> str:
    """The result as text."""
    lines = [
        f"{result['algorithm']}: {result['periods']} days of history, {result['horizon']} ahead",
        f"{'series':>8}{'train CPU s':>13}{'ms/series':>11}{'forecast s':>12}{'data MB':>9}"
        f"{'peak MB':>9}{'kB/series':>11}{'WAPE':>8}",
        *(_line(size) for size in sizes),
    ]
    for name, exponent in result["growth"].items():
        lines.append(
            f"{name}: exponent {exponent['all']:.2f}, between the two largest sizes "
            f"{exponent['last']:.2f}"
        )
    return "\n".join([*lines, *(f"ABOVE: {sentence}" for sentence in result["broken"])])


def _line(size: Size) -> str:
    return (
        f"{size.series:8}{size.train.cpu_seconds:13.2f}"
        f"{size.train.cpu_seconds / size.series * 1e3:11.2f}{size.forecast.cpu_seconds:12.2f}"
        f"{size.data_bytes / 1e6:9.0f}{size.peak_bytes / 1e6:9.0f}"
        f"{size.peak_bytes / size.series / 1e3:11.1f}{size.wape:8.4f}"
    )


def _in_child(count: int, arguments: argparse.Namespace) -> Size:
    """Measure one size in its own process, so that no size counts the memory of another."""
    command = [sys.executable, "-m", "benchmarks", "scale", ONE, "--series", str(count)]
    for name in ("periods", "horizon", "algorithm"):
        command += [f"--{name}", str(getattr(arguments, name))]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    costs = {name: Cost(**result.pop(name)) for name in ("train", "forecast")}
    return Size(**result, **costs)


def _exponents(sizes: list[Size], values: list[float]) -> dict[str, float]:
    """Slopes of the logs: over all sizes, and between the two largest; 0 for a single size."""
    if len(sizes) < 2:
        return {"all": 0.0, "last": 0.0}
    series = np.log([size.series for size in sizes])
    logs = np.log(np.maximum(values, 0.01))
    return {
        "all": float(np.polyfit(series, logs, 1)[0]),
        "last": float((logs[-1] - logs[-2]) / (series[-1] - series[-2])),
    }


def _report_progress(count: int) -> Progress:
    """Prints each tenth of a long training."""
    reported = -1

    def progress(share: float, note: str) -> None:
        nonlocal reported
        if count >= SIZES[-2] and int(share * 10) > reported:
            reported = int(share * 10)
            print(f"{count} series: {share:.0%}, {note}", file=sys.stderr, flush=True)

    return progress
