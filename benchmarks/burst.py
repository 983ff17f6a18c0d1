"""``burst``: every store sends its sales at closing time; all are served within a minute."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.servers import free_port
from forecast_service.cli import main

HORIZON = 28
START_SECONDS = 120.0
LOOK_SECONDS = 0.5
SERVED_SECONDS = 60.0
SENDERS = 16  # connections at once
OPEN_STATES = ("waiting", "reading", "loading")
RUN_ENDS = ("serving", "failed", "cancelled")


@dataclass(frozen=True)
class Measurement:
    """Seconds from the first request of the burst."""

    stores: int
    sent: float
    """The last request was answered."""
    imported: float
    """All sales are in the history."""
    forecast: float
    """The served forecast is made of them."""
    trained: float
    """A training that was forced in the middle has ended."""
    imports_failed: int
    training: str
    """How the training ended."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for the size of the chain."""
    parser.add_argument("--stores", type=int, default=1115, help="default 1115")
    parser.add_argument("--days", type=int, default=730, help="days of history (default 730)")
    parser.add_argument(
        "--seconds", type=float, default=10, help="length of the burst (default 10)"
    )
    parser.add_argument("--algorithm", default="seasonal_naive", help="default: seasonal_naive")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 if the burst was not served within a minute."""
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments)
    print(json.dumps(asdict(result)) if arguments.json else table(result))
    is_good = result.imports_failed == 0 and result.training == "serving"
    return 0 if is_good and result.imported <= SERVED_SECONDS + arguments.seconds else 1


def measure(folder: Path, arguments: argparse.Namespace) -> Measurement:
    """Import a history, train, send the burst and wait until all of it is served."""
    os.environ |= {
        "FORECAST_HOME": str(folder / "home"),
        "FORECAST_ALGORITHM": arguments.algorithm,
        "FORECAST_HORIZON": str(HORIZON),
    }
    today = date.today()
    file = write_history(folder / "sales.csv", arguments.stores, arguments.days, today)
    quietly(["import", str(file)], ["train", "--force"])
    with served(folder / "serve.log") as url:
        return _burst(url, today, arguments)


def quietly(*commands: list[str]) -> None:
    """Run commands of the service in this process; stdout is for the result alone."""
    with contextlib.redirect_stdout(sys.stderr):
        for command in commands:
            main(command, standalone_mode=False)


def _burst(url: str, today: date, arguments: argparse.Namespace) -> Measurement:
    began = time.monotonic()

    def seconds() -> float:
        return time.monotonic() - began

    training = threading.Timer(arguments.seconds / 2, lambda: runs.append(_train(url)))
    runs: list[str] = []
    training.start()
    ids = send_all(url, range(1, arguments.stores + 1), today, arguments.seconds)
    sent = seconds()
    failed = await_imports(url, ids)
    imported = seconds()
    training.join()
    ended = _await(lambda: _ended(call(f"{url}/training/{runs[0]}")))
    trained = seconds()
    _await(lambda: _is_fresh(url, today))
    return Measurement(
        arguments.stores, sent, imported, seconds(), trained, failed, str(ended["state"])
    )


def write_history(path: Path, stores: int, days: int, until: date) -> Path:
    """Daily sales of the stores up to the day before ``until``."""
    random = np.random.default_rng(1)
    dates = [until - timedelta(days=back) for back in range(days, 0, -1)]
    with path.open("w", encoding="utf-8") as file:
        file.write("store,date,sales,open,promo\n")
        for store in range(1, stores + 1):
            sales = random.lognormal(8.5, 0.1, days)
            for day, value in zip(dates, sales, strict=True):
                is_open, promo = int(day.weekday() != 6), int(day.isocalendar().week % 2)
                file.write(f"{store},{day},{value * is_open:.0f},{is_open},{promo * is_open}\n")
    return path


def send_all(url: str, stores: Sequence[int], day: date, seconds: float) -> list[str]:
    """Every store sends its sales of a day, evenly over these seconds; ids of the imports."""
    began = time.monotonic()

    def send(place: int) -> str:
        time.sleep(max(0.0, began + seconds * place / len(stores) - time.monotonic()))
        row = {"store_number": stores[place], "date": str(day), "sales": 1000 + stores[place]}
        row["covariates"] = {"open": 1, "promo": 0}
        return str(call(f"{url}/sales", {"sales": [row]})["id"])

    with ThreadPoolExecutor(SENDERS) as senders:
        return list(senders.map(send, range(len(stores))))


def await_imports(url: str, ids: Sequence[str]) -> int:
    """Wait until these imports have ended; return how many failed."""
    states: dict[str, str] = {}
    while open_ids := [each for each in ids if states.get(each, "waiting") in OPEN_STATES]:
        for each in (open_ids[0], *open_ids[-1:]):
            states[each] = str(call(f"{url}/imports/{each}")["state"])
        if states[open_ids[0]] in OPEN_STATES:
            time.sleep(LOOK_SECONDS)
            continue
        for each in open_ids:
            states[each] = str(call(f"{url}/imports/{each}")["state"])
            if states[each] in OPEN_STATES:
                break
    return sum(state == "failed" for state in states.values())


def _train(url: str) -> str:
    return str(call(f"{url}/training", {"store_number": 1, "force": True})["run"]["id"])


def _ended(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["state"] in RUN_ENDS else None


def _is_fresh(url: str, day: date) -> bool:
    provenance = call(f"{url}/forecast?store_number=1")["provenance"]
    return provenance["stale"] is None and str(provenance["data_until"])[:10] == str(day)


def _await(condition: Any) -> Any:
    while not (value := condition()):
        time.sleep(LOOK_SECONDS)
    return value


def call(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """GET, or POST with a body; a 503 is tried again, as a good client does."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    while True:
        try:
            sent = urllib.request.Request(url, data=data, headers=headers)
            with urllib.request.urlopen(sent, timeout=60) as answer:
                document: dict[str, Any] = json.load(answer)
            return document
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise RuntimeError(f"{url}: {error.read().decode()}") from error
            time.sleep(1)


@contextlib.contextmanager
def served(log: Path) -> Iterator[str]:
    """Run ``forecast-service serve`` with the environment of this process."""
    port = free_port()
    command = [sys.executable, "-m", "forecast_service", "serve", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Serving at" not in log.read_text():
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"The service did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def table(result: Measurement) -> str:
    """The result as text."""
    lines = [f"{result.stores:,} stores sent their sales within {result.sent:.1f} s."]
    lines.append(f"{'imported':14}{result.imported:8.1f} s")
    lines.append(f"{'in the forecast':14}{result.forecast:8.1f} s")
    lines.append(f"{'forced training':14}{result.trained:7.1f} s  ({result.training})")
    lines.append(f"failed imports: {result.imports_failed}")
    return "\n".join(lines)
