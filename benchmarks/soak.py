"""``soak``: memory of a web process while forecasts are replaced again and again under requests."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.burst import call, quietly, write_history
from benchmarks.processes import family, resident_bytes
from benchmarks.servers import Server, serving
from forecast_service.settings import read_settings
from forecast_service.worker import Worker

STORES = 50
DAYS = 120
GROWTH_BYTES = 8_000_000  # allowed between the second and the last quarter of the rounds
MINUTE = 60.0


@dataclass(frozen=True)
class Measurement:
    """Memory of the web process, in bytes."""

    rounds: int
    requests: int
    first: int
    """Median over the second quarter of the rounds: what is loaded once is loaded by then."""
    last: int
    """Median over the last quarter."""
    samples: list[int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for the length."""
    parser.add_argument("--rounds", type=int, default=200, help="new forecasts (default 200)")
    parser.add_argument("--days", type=int, default=DAYS, help=f"of history (default {DAYS})")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 if the memory grew."""
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments)
    grown = result.last - result.first
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        print(f"{result.rounds} new forecasts, {result.requests:,} requests")
        steps = result.samples[:: max(len(result.samples) // 10, 1)]
        print("MB: " + " ".join(f"{sample / 1e6:.0f}" for sample in steps))
        verdict = "flat" if grown <= GROWTH_BYTES else "GROWING"
        print(
            f"second quarter {result.first / 1e6:.1f} MB, last {result.last / 1e6:.1f}: {verdict}"
        )
    return 0 if grown <= GROWTH_BYTES else 1


def measure(folder: Path, arguments: argparse.Namespace) -> Measurement:
    """Train anew in each round, by the real worker, and ask all kinds of questions."""
    environment = {"FORECAST_HOME": str(folder / "home"), "FORECAST_ALGORITHM": "seasonal_naive"}
    os.environ |= environment
    file = write_history(folder / "sales.csv", STORES, arguments.days, date.today())
    quietly(["import", str(file)], ["train", "--force"])
    app = "forecast_service.app:create_front"
    with serving(app, environment, folder / "web.log") as server:
        return _rounds(server, arguments.rounds)


def _rounds(server: Server, rounds: int) -> Measurement:
    settings = read_settings()
    samples, requests = [], 0
    for _ in range(rounds):
        call(f"{server.url}/training", {"store_number": 1, "force": True})
        Worker(settings).run_until_idle(10 * MINUTE)
        requests += 1 + _ask(server.url)
        samples.append(resident_bytes(family(server.pid)))
    quarter = len(samples) // 4
    return Measurement(
        rounds,
        requests,
        int(np.median(samples[quarter : 2 * quarter])),
        int(np.median(samples[-quarter:])),
        samples,
    )


def _ask(url: str) -> int:
    """Mixed requests; returns their number."""
    stores = range(1, STORES + 1)
    paths = [f"/forecast?store_number={store}" for store in stores]
    paths += [f"/forecast?store_number={store}&forecast_end_date=2100-01-01" for store in stores]
    paths += [f"/stores/{store}/history" for store in range(1, STORES, 10)]
    paths += ["/stores", "/stores/99", "/training", "/imports", "/forecasts", "/metrics", "/readyz"]
    for path in paths:
        try:
            urllib.request.urlopen(url + path, timeout=MINUTE).read()
        except urllib.error.HTTPError as error:
            error.read()
    call(f"{url}/forecast", {"store_numbers": list(stores)})
    today = str(date.today())
    changes = [{"covariate": "promo", "value": 1, "from": today, "to": today}]
    call(f"{url}/what-if", {"store_numbers": list(stores), "changes": changes})
    return len(paths) + 2
