"""``serving``: the cost of GET /forecast, compared with a bare resource with the same bytes."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import bare
from benchmarks.sample import fill
from benchmarks.servers import Server, serving
from forecast_service.service import open_service
from forecast_service.settings import Settings

TARGET_RATIO = 1 / 0.7
MICROSECONDS = {"us": 1.0, "ms": 1e3, "s": 1e6}
STORES = 50
NO_ONE_REACHES = "999999999/hour"  # requests are counted, as usual
SLOW_REQUEST = (
    b"POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
    b"Content-Length: 100\r\n\r\ns"
)

# Requests one store after the other, as many planners would.
WRK_SCRIPT = f"""
local store = 0
request = function()
  store = store % {STORES} + 1
  return wrk.format("GET", "/forecast?store_number=" .. store, HEADERS)
end
"""


@dataclass(frozen=True)
class Measurement:
    """One run of wrk against one server."""

    requests: int
    requests_per_second: float
    p50_microseconds: float
    p99_microseconds: float
    cpu_microseconds: float
    """CPU time of the server per request."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options for length and number of the runs."""
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a run (default 3)")
    parser.add_argument("--connections", type=int, default=4, help="open connections (default 4)")
    parser.add_argument("--key", action="store_true", help="with accounts: each request has a key")
    parser.add_argument("--slow", type=int, default=0, help="slow clients beside (default 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; returns 1 when GET /forecast costs too much, 2 without wrk."""
    if shutil.which("wrk") is None:
        print("Error: 'wrk' was not found. Install it: apt-get install wrk", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        service, plain = measure(Path(folder), arguments)
    ratio = service.cpu_microseconds / plain.cpu_microseconds
    if arguments.json:
        result = {"service": asdict(service), "bare": asdict(plain), "cpu_ratio": ratio}
        print(json.dumps({**result, "target": TARGET_RATIO}))
    else:
        print(table(service, plain, ratio))
    return 0 if ratio <= TARGET_RATIO else 1


def measure(folder: Path, arguments: argparse.Namespace) -> tuple[Measurement, Measurement]:
    """Medians over alternating runs: first of the service, then of the bare resource."""
    home = folder / "home"
    fill(home, stores=STORES)
    script = folder / "stores.lua"
    headers = {"Authorization": f"Bearer {make_key(home)}"} if arguments.key else {}
    pairs = ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items())
    script.write_text(f"local HEADERS = {{{pairs}}}\n{WRK_SCRIPT}")
    environment = {"FORECAST_HOME": str(home), "FORECAST_RATE_LIMIT": NO_ONE_REACHES}
    app = serving("forecast_service.app:create_front", environment, folder / "service.log")
    with app as service:
        body = folder / "body.json"
        asked = urllib.request.Request(f"{service.url}/forecast?store_number=1", headers=headers)
        body.write_bytes(urllib.request.urlopen(asked).read())
        files = {bare.BODY_FILE: str(body)}
        with serving("benchmarks.bare:create_front", files, folder / "bare.log") as plain:
            rounds = [
                (load(service, script, arguments), load(plain, script, arguments))
                for _ in range(arguments.rounds + 1)
            ][1:]  # the first pair warms up
    return median([pair[0] for pair in rounds]), median([pair[1] for pair in rounds])


def make_key(home: Path) -> str:
    """A key of the service with this home; from now on, every request needs it."""
    service = open_service(Settings(home=home))
    try:
        return service.keys.create("benchmark", ["read"], created_by="benchmark")[1]
    finally:
        service.close()


def load(server: Server, script: Path, arguments: argparse.Namespace) -> Measurement:
    """One run of wrk."""
    before = server.cpu_seconds()
    command = ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--latency"]
    with slow_clients(server, arguments.slow):
        output = subprocess.run(
            [*command, "-s", str(script), server.url], check=True, capture_output=True, text=True
        ).stdout
    cpu_seconds = server.cpu_seconds() - before
    if "Non-2xx" in output:
        raise RuntimeError(f"The server refused requests:\n{output}")
    requests = int(_match(r"(\d+) requests in", output)[0])
    return Measurement(
        requests=requests,
        requests_per_second=float(_match(r"Requests/sec:\s+([\d.]+)", output)[0]),
        p50_microseconds=_microseconds(_match(r"50%\s+([\d.]+)(us|ms|s)", output)),
        p99_microseconds=_microseconds(_match(r"99%\s+([\d.]+)(us|ms|s)", output)),
        cpu_microseconds=cpu_seconds / requests * 1e6,
    )


@contextlib.contextmanager
def slow_clients(server: Server, number: int) -> Iterator[None]:
    """Clients that have sent a part of a body, and nothing since."""
    host, port = server.url.removeprefix("http://").split(":")
    with contextlib.ExitStack() as connections:
        for _ in range(number):
            client = connections.enter_context(socket.create_connection((host, int(port))))
            client.sendall(SLOW_REQUEST)
        yield


def median(runs: Sequence[Measurement]) -> Measurement:
    """The median of each number."""
    columns = {
        name: statistics.median(getattr(run, name) for run in runs) for name in asdict(runs[0])
    }
    return Measurement(**{**columns, "requests": int(columns["requests"])})


def table(service: Measurement, plain: Measurement, ratio: float) -> str:
    """The result as text."""
    lines = [f"{'':16}{'requests/s':>12}{'p50 us':>10}{'p99 us':>10}{'CPU us/request':>17}"]
    for name, run in (("GET /forecast", service), ("bare resource", plain)):
        lines.append(
            f"{name:16}{run.requests_per_second:12.0f}{run.p50_microseconds:10.0f}"
            f"{run.p99_microseconds:10.0f}{run.cpu_microseconds:17.1f}"
        )
    verdict = "within" if ratio <= TARGET_RATIO else "ABOVE"
    lines.append(
        f"CPU per request: {ratio:.2f} times the bare resource, {verdict} {TARGET_RATIO:.2f}"
    )
    return "\n".join(lines)


def _match(pattern: str, output: str) -> tuple[str, ...]:
    match = re.search(pattern, output)
    if match is None:
        raise RuntimeError(f"'wrk' printed unexpected output:\n{output}")
    return match.groups()


def _microseconds(value_and_unit: tuple[str, ...]) -> float:
    value, unit = value_and_unit
    return float(value) * MICROSECONDS[unit]
