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
STEEPEST = 1.15  # exponent between the two largest sizes: 1 is linear; CPU of a busy machine swings
WORKING_BYTES = 1_000_000_000  # of the trainer, however many series there are
BYTES_PER_SERIES = 12_000  # of the model, its backtest and the forecast, which have to be kept
ONE = "--in-this-process"


@dataclass(frozen=True)
class Size:
    """What one number of series cost. Memory in bytes; ``data_bytes`` is the panel itself."""

    series: int
    data_bytes: int
    before_bytes: int
    """What the process held before the training: Python, libraries, and the panel."""
    train: Cost
    forecast: Cost
    wape: float
    """Of the backtest."""

    @property
    def peak_bytes(self) -> int:
        """Of training and forecast, beyond what was there before."""
        return max(self.train.peak_bytes, self.forecast.peak_bytes) - self.before_bytes

    @property
    def allowed_bytes(self) -> int:
        """What ``peak_bytes`` may be."""
        return WORKING_BYTES + BYTES_PER_SERIES * self.series


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sizes, length and algorithm."""
    parser.add_argument(
        "--series", type=int, nargs="+", default=SIZES, help="sizes (default 100 … 100000)"
    )
    parser.add_argument("--periods", type=int, default=365, help="days of history (default 365)")
    parser.add_argument("--horizon", type=int, default=HORIZON, help="days ahead (default 28)")
    parser.add_argument("--algorithm", choices=NAMES, default="auto", help="(default auto)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(ONE, action="store_true", dest="here", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 when time or memory grows faster than the series, or beyond bounds."""
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
    """Train and forecast this many series in this process, whose peak becomes theirs."""
    panel, future = synthetic_panel(Shape(count, arguments.periods, arguments.horizon))
    data = [panel.target, *(values.base for values in panel.covariates.values())]
    before = resident_bytes(["self"])
    config = FitConfig(
        horizon=arguments.horizon, quantiles=LEVELS, backtest_windows=BACKTESTS, processes=2
    )
    with measured() as training:
        trained = train(arguments.algorithm, panel, config, _talk(count))
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
    """What ``--json`` prints; ``broken`` names what grew too fast or too far."""
    found = growth(sizes)
    return {
        "algorithm": arguments.algorithm,
        "periods": arguments.periods,
        "horizon": arguments.horizon,
        "sizes": [
            {**asdict(size), "peak_bytes": size.peak_bytes, "allowed_bytes": size.allowed_bytes}
            for size in sizes
        ],
        "growth": found,
        "steepest": STEEPEST,
        "broken": broken(sizes, found),
    }


def growth(sizes: list[Size]) -> dict[str, dict[str, float]]:
    """Exponents of time and memory, over all sizes and between the two largest."""
    return {
        "train_cpu": _exponents(sizes, [size.train.cpu_seconds for size in sizes]),
        "forecast_cpu": _exponents(sizes, [size.forecast.cpu_seconds for size in sizes]),
        "peak_bytes": _exponents(sizes, [size.peak_bytes for size in sizes]),
    }


def broken(sizes: list[Size], found: dict[str, dict[str, float]]) -> list[str]:
    """A sentence for everything that grew faster than its bound."""
    steep = [
        f"{name} grows with exponent {each['last']:.2f}; at most {STEEPEST} is linear"
        for name, each in found.items()
        if each["last"] > STEEPEST
    ]
    return steep + [
        f"{size.series} series need {size.peak_bytes / 1e6:.0f} MB beyond their data; "
        f"at most {size.allowed_bytes / 1e6:.0f} MB are allowed"
        for size in sizes
        if size.peak_bytes > size.allowed_bytes
    ]


def table(sizes: list[Size], result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"{result['algorithm']}: {result['periods']} days of history, {result['horizon']} ahead",
        f"{'series':>8}{'train CPU s':>13}{'ms/series':>11}{'forecast s':>12}{'data MB':>9}"
        f"{'peak MB':>9}{'kB/series':>11}{'WAPE':>8}",
        *(_line(size) for size in sizes),
    ]
    for name, found in result["growth"].items():
        lines.append(f"{name}: exponent {found['all']:.2f}, at the end {found['last']:.2f}")
    return "\n".join([*lines, *(f"ABOVE: {each}" for each in result["broken"])])


def _line(size: Size) -> str:
    return (
        f"{size.series:8}{size.train.cpu_seconds:13.2f}"
        f"{size.train.cpu_seconds / size.series * 1e3:11.2f}{size.forecast.cpu_seconds:12.2f}"
        f"{size.data_bytes / 1e6:9.0f}{size.peak_bytes / 1e6:9.0f}"
        f"{size.peak_bytes / size.series / 1e3:11.1f}{size.wape:8.4f}"
    )


def _in_child(count: int, arguments: argparse.Namespace) -> Size:
    """One size in a process of its own, so that no size sees the memory of another."""
    command = [sys.executable, "-m", "benchmarks", "scale", ONE, "--series", str(count)]
    for name in ("periods", "horizon", "algorithm"):
        command += [f"--{name}", str(getattr(arguments, name))]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    costs = {name: Cost(**found.pop(name)) for name in ("train", "forecast")}
    return Size(**found, **costs)


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


def _talk(count: int) -> Progress:
    """Says every tenth of a training that takes a while."""
    said = -1

    def progress(share: float, note: str) -> None:
        nonlocal said
        if count >= SIZES[-2] and int(share * 10) > said:
            said = int(share * 10)
            print(f"{count} series: {share:.0%}, {note}", file=sys.stderr, flush=True)

    return progress
