"""``accuracy``: rolling forecasts of the past, by the protocol of fev-bench.

Every window is trained anew on a panel that ends at its cutoff, so no later sales can leak into
it. Covariates of the window are used, because they are known in advance.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.panels import add_column_option, read_panel
from benchmarks.sample import LAST_SALE
from forecast_service.engine import metrics
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import (
    parse_frequency,
    season_length,
    usable_season,
)
from forecast_service.engine.registry import NAMES, algorithm
from forecast_service.importer.sample import write_sample

LEVELS = tuple(tenths / 10 for tenths in range(1, 10))
LOW, MEDIAN, HIGH = LEVELS.index(0.1), LEVELS.index(0.5), LEVELS.index(0.9)
BACKTESTS = 2  # windows by which auto chooses its weights, as in the service
NEAR = (0.70, 0.90)  # coverage of one series that counts as good
PUBLISHED: Mapping[str, tuple[str, tuple[tuple[str, float, float | None], ...]]] = {
    "D": (
        "fev-bench rossmann_1D: 10 windows of 48 days until 2015-07-31",
        (
            ("TabPFN-TS", 0.0998, 0.0794),
            ("CatBoost", 0.1096, None),
            ("LightGBM", 0.1126, None),
            ("Chronos-2", 0.1198, 0.0955),
            ("AutoETS", 0.2361, 0.2028),
            ("Seasonal naive", 0.2692, 0.3140),
        ),
    ),
    "W": (
        "fev-bench rossmann_1W: 8 windows of 13 weeks",
        (
            ("Chronos-2", 0.096, 0.080),
            ("Chronos-Bolt", 0.176, 0.132),
            ("AutoETS", 0.184, 0.140),
            ("LightGBM", 0.188, None),
            ("Seasonal naive", 0.219, 0.251),
        ),
    ),
}
"""Published WAPE and WQL for the Rossmann chain, by unit of the frequency."""


@dataclass(frozen=True)
class Accuracy:
    """Of one window, or the mean of all. WQL: mean over p10 … p90; coverage: of p10-p90."""

    WAPE: float
    WQL: float
    MASE: float
    coverage: float


@dataclass(frozen=True)
class Window:
    """One window. ``periods`` (n,): open periods of each series; ``inside``: those in p10-p90."""

    cutoff: str
    """Start of the last known period."""
    accuracy: Accuracy
    inside: npt.NDArray[np.int64]
    periods: npt.NDArray[np.int64]
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for data, windows and algorithm."""
    parser.add_argument("--data", type=Path, help="file of sales (default: the sample data)")
    add_column_option(parser)
    parser.add_argument(
        "--future", type=Path, help="file of the coming days, if it is a separate file"
    )
    parser.add_argument("--stores", type=Path, help="file with one row per store (optional)")
    parser.add_argument("--windows", type=int, default=10, help="number of windows (default 10)")
    parser.add_argument("--horizon", type=int, default=48, help="periods of a window (default 48)")
    parser.add_argument("--algorithm", choices=NAMES, default="auto", help="default: auto")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 2 when the history is too short for one window."""
    panel = _panel(arguments)
    windows = []
    for cutoff in _cutoffs(panel, arguments.windows, arguments.horizon):
        windows.append(measure(panel, cutoff, arguments.horizon, arguments.algorithm))
        print(_line(windows[-1].cutoff, windows[-1].accuracy), file=sys.stderr, flush=True)
    if not windows:
        print(
            f"Error: '{arguments.data or 'sample data'}' has {panel.n_periods} periods; a window "
            f"of {arguments.horizon} needs {arguments.horizon + _least_history(panel)}. "
            "Give a longer history or a smaller --horizon.",
            file=sys.stderr,
        )
        return 2
    result = summary(windows, panel, arguments)
    print(json.dumps(result) if arguments.json else table(result))
    return 0


def measure(
    panel: Panel, cutoff: int, horizon: int, name: str, naive_season: int | None = None
) -> Window:
    """Train on the periods before ``cutoff`` (an index); judge the ``horizon`` after it.

    ``naive_season`` is the season of seasonal naive, if it is not that of the frequency.
    """
    began = time.monotonic()
    past, future = panel.before(cutoff), panel.known_between(cutoff, cutoff + horizon)
    season = season_length(panel.frequency)
    config = FitConfig(horizon, LEVELS, naive_season or season, backtest_windows=BACKTESTS)
    quantiles = algorithm(name).fit(past, config).forecast(future, LEVELS)
    seconds = time.monotonic() - began
    actual = panel.target[:, cutoff : cutoff + horizon]
    closed = find_closing(past).closed(future.covariates, actual.shape)
    counted = np.isfinite(actual) & ~closed
    inside = counted & (actual >= quantiles[:, :, LOW]) & (actual <= quantiles[:, :, HIGH])
    return Window(
        cutoff=str(past.timestamps[-1])[:10],
        accuracy=Accuracy(
            WAPE=metrics.wape(actual, quantiles[:, :, MEDIAN]),
            WQL=metrics.average_wql(actual, _by_level(quantiles)),
            MASE=metrics.mase(
                actual,
                quantiles[:, :, MEDIAN],
                past.target,
                season_length=usable_season(season, cutoff),
            ),
            coverage=float(inside.sum() / max(counted.sum(), 1)),
        ),
        inside=inside.sum(axis=1),
        periods=counted.sum(axis=1),
        seconds=seconds,
    )


def summary(windows: list[Window], panel: Panel, arguments: argparse.Namespace) -> dict[str, Any]:
    """What ``--json`` prints."""
    rows = [asdict(window.accuracy) for window in windows]
    periods = np.sum([window.periods for window in windows], axis=0)
    inside = np.sum([window.inside for window in windows], axis=0)
    share = inside[periods > 0] / periods[periods > 0]
    source, published = PUBLISHED.get(parse_frequency(panel.frequency).unit, ("", ()))
    return {
        "algorithm": arguments.algorithm,
        "series": panel.n_series,
        "horizon": arguments.horizon,
        "windows": [
            {"cutoff": window.cutoff, **row, "seconds": round(window.seconds, 2)}
            for window, row in zip(windows, rows, strict=True)
        ],
        "mean": {name: float(np.mean([row[name] for row in rows])) for name in rows[0]},
        "series_covered_70_to_90": float(((share >= NEAR[0]) & (share <= NEAR[1])).mean()),
        "frequency": panel.frequency,
        "source": source,
        "published": [{"model": model, "WAPE": wape, "WQL": wql} for model, wape, wql in published],
    }


def table(result: dict[str, Any]) -> str:
    """The result as text."""
    lines = [f"{result['algorithm']}: {result['series']} series, {result['horizon']} periods ahead"]
    lines.append(f"{'cutoff':16}{'WAPE':>9}{'WQL':>9}{'MASE':>9}{'coverage':>10}")
    named = [(window["cutoff"], window) for window in result["windows"]]
    for name, row in [*named, ("mean", result["mean"])]:
        lines.append(_line(name, Accuracy(row["WAPE"], row["WQL"], row["MASE"], row["coverage"])))
    share = result["series_covered_70_to_90"]
    lines.append(f"p10-p90 holds on 70-90 % of the open periods for {share:.0%} of the series")
    if result["published"]:
        lines.append(f"Published ({result['source']}):")
    for row in result["published"]:
        wql = "-" if row["WQL"] is None else f"{row['WQL']:.4f}"
        lines.append(f"{row['model']:16}{row['WAPE']:9.4f}{wql:>9}")
    return "\n".join(lines)


def _line(name: str, row: Accuracy) -> str:
    return f"{name:16}{row.WAPE:9.4f}{row.WQL:9.4f}{row.MASE:9.3f}{row.coverage:10.3f}"


def _panel(arguments: argparse.Namespace) -> Panel:
    with tempfile.TemporaryDirectory() as folder:
        files = (
            {"sales": arguments.data} if arguments.data else write_sample(Path(folder), LAST_SALE)
        )
        optional = {"future": arguments.future, "stores": arguments.stores}
        files.update({role: path for role, path in optional.items() if path is not None})
        return read_panel(files, arguments.horizon, arguments.column)[0]


def _cutoffs(panel: Panel, windows: int, horizon: int) -> list[int]:
    """Indices of the first forecast periods that have enough history, newest first."""
    cutoffs = [panel.n_periods - number * horizon for number in range(1, windows + 1)]
    return [cutoff for cutoff in cutoffs if cutoff >= _least_history(panel)]


def _least_history(panel: Panel) -> int:
    return parse_frequency(panel.frequency).least_history


def _by_level(quantiles: FloatArray) -> dict[float, FloatArray]:
    return {level: quantiles[:, :, place] for place, level in enumerate(LEVELS)}
