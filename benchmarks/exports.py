"""``exports``: time and memory of exports, and of keeping a backtest, as the series grow."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import Cost, measured, resident_bytes
from forecast_service.common.keys import series_key
from forecast_service.engine.backtest import Backtest, TestedWindow
from forecast_service.local import catalog
from forecast_service.local.api import LocalForecast
from forecast_service.local.jobs import lifecycle
from forecast_service.local.jobs.exports.backtest_files import BACKTEST, save_backtest
from forecast_service.local.resource_details import ForecastDetails, PredictorDetails
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.stored_forecast import StoredForecast

SIZES = (1_115, 100_000)
HORIZON, WINDOWS, LEVELS = 28, 2, (0.1, 0.5, 0.9)
FIRST = np.datetime64("2015-01-01", "s")
TIMES = FIRST + np.arange(365) * np.timedelta64(1, "D")
MOST_BYTES = 150_000_000  # of an export beyond what was there before, for any number of series
ONE = "--in-this-process"
ROLE = "arn:aws:iam::000000000000:role/benchmark"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for sizes and format."""
    parser.add_argument(
        "--series", type=int, nargs="+", default=SIZES, help="numbers of series (1115 100000)"
    )
    parser.add_argument("--format", choices=("CSV", "PARQUET"), default="CSV", help="default: CSV")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(ONE, action="store_true", dest="here", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 when an export needs more memory than any may."""
    if arguments.here:
        print(json.dumps(measure(arguments.series[0], arguments.format)))
        return 0
    results = [_in_child(count, arguments.format) for count in arguments.series]
    broken = [
        f"{name} of {result['series']} series needs {cost['peak_bytes'] / 1e6:.0f} MB; "
        f"at most {MOST_BYTES / 1e6:.0f} MB are allowed"
        for result in results
        for name, cost in result["costs"].items()
        if cost["peak_bytes"] > MOST_BYTES
    ]
    print(json.dumps({"results": results, "broken": broken}) if arguments.json else table(results))
    for sentence in broken:
        print(f"ABOVE: {sentence}", file=sys.stderr)
    return 1 if broken else 0


def measure(count: int, file_format: str) -> dict[str, Any]:
    """Costs of keeping a backtest and of both exports, for this many series in this process."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        (settings.home / "s3" / "exports").mkdir(parents=True)
        models = settings.home / "models" / "one"
        models.mkdir(parents=True)
        tested = backtest(count)
        costs = {"keep backtest": _cost(partial(save_backtest, models, tested, TIMES))}
        del tested  # 300 MB of 100,000 series
        database = Database(settings.resolved_database_url)
        database.migrate()
        jobs = Jobs(database, settings, count, file_format)
        costs["export forecast"] = _cost(jobs.export_forecast)
        costs["export backtest"] = _cost(jobs.export_backtest)
        parts = (path for path in (settings.home / "s3").rglob("*") if path.is_file())
        sizes = {
            "kept backtest": (models / BACKTEST).stat().st_size,
            "exports": sum(path.stat().st_size for path in parts),
        }
        database.dispose()
    return {"series": count, "costs": {k: asdict(v) for k, v in costs.items()}, "bytes": sizes}


def backtest(count: int) -> Backtest:
    """Two windows of random forecasts."""
    rng = np.random.default_rng(1)
    history = rng.integers(0, 90, (count, len(TIMES))).astype(np.float64)
    cutoffs = [len(TIMES) - HORIZON * (k + 1) for k in range(WINDOWS)]
    windows = tuple(
        TestedWindow(
            cutoff=cutoff,
            start=TIMES[cutoff],
            end=TIMES[cutoff] + HORIZON * np.timedelta64(1, "D"),
            actual=history[:, cutoff : cutoff + HORIZON],
            quantiles=rng.normal(50, 9, (count, HORIZON, len(LEVELS))),
            mean=rng.normal(50, 9, (count, HORIZON)),
            history=history[:, :cutoff],
            season_length=7,
        )
        for cutoff in cutoffs
    )
    return Backtest(tuple(_key(row) for row in range(count)), LEVELS, windows, ())


class Jobs:
    """An ACTIVE forecast of items of stores, its predictor, and a worker for their exports."""

    def __init__(
        self, database: Database, settings: Settings, count: int, file_format: str
    ) -> None:
        self.database, self.settings, self.file_format = database, settings, file_format
        self.client = LocalForecast(database, settings)
        prefix = f"arn:aws:forecast:{settings.region}:{settings.account_id}"
        self.predictor, self.forecast = f"{prefix}:predictor/p", f"{prefix}:forecast/f"
        model = PredictorDetails(keys=("item_id", "location"), models=["models/one/000.npz"])
        with database.write() as connection:
            self._insert(connection, "predictor", self.predictor, None, model)
            details = ForecastDetails(series=count)
            self._insert(connection, "forecast", self.forecast, self.predictor, details)
            forecast_store.write(connection, _rows(self.forecast, count))

    def export_forecast(self) -> None:
        """Create and do a forecast export job."""
        self.client.create_forecast_export_job(
            ForecastExportJobName="values", ForecastArn=self.forecast, **self._request("values")
        )
        self._work()

    def export_backtest(self) -> None:
        """Create and do a backtest export job."""
        self.client.create_predictor_backtest_export_job(
            PredictorBacktestExportJobName="tested",
            PredictorArn=self.predictor,
            **self._request("tested"),
        )
        self._work()

    def _request(self, folder: str) -> dict[str, Any]:
        s3_config = {"Path": f"s3://exports/{folder}", "RoleArn": ROLE}
        return {"Destination": {"S3Config": s3_config}, "Format": self.file_format}

    def _insert(self, connection: Any, kind: str, arn: str, parent: Any, details: Any) -> None:
        request = {
            "AlgorithmArn": "arn:aws:forecast:::algorithm/NPTS",
            "ForecastHorizon": HORIZON,
            "ForecastTypes": [f"{level:g}" for level in LEVELS],
            "InputDataConfig": {"DatasetGroupArn": "none"},
            "FeaturizationConfig": {"ForecastFrequency": "D"},
        }
        catalog.insert(
            connection,
            arn=arn,
            type=kind,
            name=kind,
            status="ACTIVE",
            request=request,
            parent_arn=parent,
            details=details,
        )

    def _work(self) -> None:
        queue = Queue(self.database, lease_seconds=3600)
        claim = queue.claim(new_id(), ["resource"])
        if claim is None:
            raise RuntimeError("No export job was queued.")
        lifecycle.perform(self.database, self.settings, queue, claim)
        with self.database.read() as connection:
            job = catalog.get(connection, claim.subject)
        if job is None or job.status != "ACTIVE":
            raise RuntimeError(f"The export did not become ACTIVE: {job}")


def table(results: list[dict[str, Any]]) -> str:
    """The result as text. A peak is what an export adds to the memory before."""
    lines = [f"{'series':>8}  {'step':16}{'peak MB':>9}{'CPU s':>9}{'wall s':>9}"]
    for result in results:
        lines += [
            f"{result['series']:8}  {name:16}{cost['peak_bytes'] / 1e6:9.0f}"
            f"{cost['cpu_seconds']:9.2f}{cost['wall_seconds']:9.2f}"
            for name, cost in result["costs"].items()
        ]
        sizes = (f"{name} {size / 1e6:.1f} MB" for name, size in result["bytes"].items())
        lines.append(f"{'':8}  files: {', '.join(sizes)}")
    return "\n".join(lines)


def _key(row: int) -> tuple[str, str]:
    return f"item_{row:06}", f"store_{row % 100:03}"


def _rows(forecast_arn: str, count: int) -> Iterator[StoredForecast]:
    rng = np.random.default_rng(2)
    for row in range(count):
        yield StoredForecast(
            forecast_arn=forecast_arn,
            series_key=series_key(_key(row)),
            start="2016-01-01T00:00:00",
            frequency="D",
            forecast_types=tuple(f"{level:g}" for level in LEVELS),
            values=rng.normal(50, 9, (len(LEVELS), HORIZON)),
        )


def _cost(step: Any) -> Cost:
    """The cost of a step; the peak is what it adds to the memory before it."""
    before = resident_bytes(["self"])
    with measured() as cost:
        step()
    return replace(cost, peak_bytes=max(cost.peak_bytes - before, 0))


def _in_child(count: int, file_format: str) -> dict[str, Any]:
    """Measure one size in its own process, so that no size counts the memory of another."""
    command = [sys.executable, "-m", "benchmarks", "exports", ONE, "--series", str(count)]
    command += ["--format", file_format]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result
