"""``frequencies``: hourly and weekly accuracy of auto and of each member, by seasonal naive."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import Accuracy, measure
from benchmarks.hourly import HOURLY, hourly_panel
from benchmarks.panels import add_column_option, read_panel
from benchmarks.sample import LAST_SALE
from forecast_service.engine.auto.members import MEMBERS
from forecast_service.engine.calendar import floor, weekday_of
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.importer.sample import write_sample

HOURS, WEEKS = 48, 13  # horizons
NAIVE = "seasonal_naive"
LAST_WEEK = "same as last week"
WEEK = 7
YEAR = 52


@dataclass(frozen=True)
class Data:
    """A panel to measure on."""

    name: str
    panel: Panel
    horizon: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for the daily data that become weeks, and for the windows."""
    parser.add_argument("--data", type=Path, help="file of daily sales (default: the sample data)")
    add_column_option(parser)
    parser.add_argument("--future", type=Path, help="file of the coming days (optional)")
    parser.add_argument("--stores", type=Path, help="file with one row per store (optional)")
    parser.add_argument("--only", help="measure only data whose name begins so, such as 'hours'")
    parser.add_argument("--windows", type=int, default=3, help="number of windows (default 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print every algorithm on every panel."""
    results = []
    for data in _all_data(arguments):
        if not data.name.startswith(arguments.only or ""):
            continue
        results.append(compare(data, arguments.windows))
        if not arguments.json:
            print(table(results[-1]), flush=True)
    if arguments.json:
        print(json.dumps(results))
    return 0


def compare(data: Data, windows: int, names: Sequence[str] = ("auto", *MEMBERS)) -> dict[str, Any]:
    """Mean accuracy of each algorithm over the newest windows.

    For hours, ``LAST_WEEK`` is the seasonal naive of a week; otherwise its season is a day.
    """
    panel = data.panel
    least = parse_frequency(panel.frequency).least_history
    ends = [panel.n_periods - number * data.horizon for number in range(1, windows + 1)]
    cutoffs = [cutoff for cutoff in ends if cutoff >= least]
    rows = {}
    seasons: dict[str, tuple[str, int | None]] = {name: (name, None) for name in names}
    if panel.frequency == "H":
        seasons[LAST_WEEK] = (NAIVE, WEEK * 24)
    for label, (name, season) in seasons.items():
        measured = [
            measure(panel, cutoff, data.horizon, name, season).accuracy for cutoff in cutoffs
        ]
        means = {
            field: float(np.mean([getattr(each, field) for each in measured]))
            for field in asdict(measured[0])
        }
        rows[label] = means
    return {
        "data": data.name,
        "frequency": panel.frequency,
        "series": panel.n_series,
        "periods": panel.n_periods,
        "horizon": data.horizon,
        "windows": len(cutoffs),
        "algorithms": rows,
    }


def table(result: dict[str, Any]) -> str:
    """The result as text; the last column is the WQL relative to seasonal naive."""
    lines = [
        f"{result['data']}: {result['series']} series, {result['periods']} periods "
        f"({result['frequency']}), {result['windows']} windows of {result['horizon']}",
        f"{'':18}{'WAPE':>9}{'WQL':>9}{'MASE':>9}{'coverage':>10}{'WQL/naive':>11}",
    ]
    naive = result["algorithms"][NAIVE]["WQL"]
    for name, row in result["algorithms"].items():
        each = Accuracy(**row)
        lines.append(
            f"{name:18}{each.WAPE:9.4f}{each.WQL:9.4f}{each.MASE:9.3f}{each.coverage:10.3f}"
            f"{each.WQL / naive:11.2f}"
        )
    return "\n".join(lines) + "\n"


def _all_data(arguments: argparse.Namespace) -> Iterator[Data]:
    for kind in HOURLY:
        yield Data(f"hours of {kind}", hourly_panel(kind), HOURS)
    yield Data("hours of shops, 5 weeks", hourly_panel("shops", weeks=5), HOURS)
    days = _daily_panel(arguments)
    weeks = whole_weeks(days)
    yield Data("weeks", weeks, WEEKS)
    yield Data("weeks, one year", _newest(weeks, YEAR + WEEKS), WEEKS)


def _daily_panel(arguments: argparse.Namespace) -> Panel:
    with tempfile.TemporaryDirectory() as folder:
        files = (
            {"sales": arguments.data} if arguments.data else write_sample(Path(folder), LAST_SALE)
        )
        optional = {"future": arguments.future, "stores": arguments.stores}
        files.update({role: path for role, path in optional.items() if path is not None})
        return read_panel(files, WEEKS * WEEK, arguments.column)[0]


def whole_weeks(days: Panel) -> Panel:
    """Sums of the weeks whose days are all known, and the share of days of each covariate."""
    first = int(np.argmax(weekday_of(days.timestamps) == 0))
    count = (days.n_periods - first) // WEEK
    span = slice(first, first + count * WEEK)

    def by_week(values: FloatArray) -> FloatArray:
        return values[:, span].reshape(len(values), count, WEEK)

    covariates = {name: by_week(values).mean(axis=2) for name, values in days.covariates.items()}
    times = floor(days.timestamps[span][::WEEK], "W")
    return Panel(
        days.keys, times, "W", by_week(days.target).sum(axis=2), covariates, days.attributes
    )


def _newest(panel: Panel, count: int) -> Panel:
    """The newest periods of a panel."""
    known = panel.known_between(panel.n_periods - count, panel.n_periods)
    return Panel(
        panel.keys,
        known.timestamps,
        panel.frequency,
        panel.target[:, -count:],
        known.covariates,
        panel.attributes,
    )
