"""Bodies that are cut off, malformed or slow, sent to the real server over a socket."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_service.settings import Settings

from .served import Served, wait_until

DAYS = [f"2024-01-{day:02d}" for day in range(1, 29)]
SALES = ("store,date,sales\n" + "".join(f"1,{day},10522\n" for day in DAYS)).encode()
ROWS = json.dumps(
    {"sales": [{"store_number": 1, "date": day, "sales": 10522} for day in DAYS]}
).encode()
FORM = (
    b'--cut\r\nContent-Disposition: form-data; name="sales"; filename="a.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n" + SALES + b"\r\n--cut--\r\n"
)
COMPRESSED = gzip.compress(SALES, 0)
MULTIPART = "multipart/form-data; boundary=cut"
BODIES = [
    ("/imports", "text/csv", SALES),
    ("/imports", "application/octet-stream", SALES),
    ("/imports", "application/gzip", COMPRESSED),
    ("/imports?mode=INCREMENTAL", MULTIPART, FORM),
    ("/imports?dry_run=true", "text/csv", SALES),
    ("/v1/imports", "text/csv", SALES),
    ("/sales", "application/json", ROWS),
    ("/forecast", "application/json", b'{"store_number": 1, "item": "milk and bread"}'),
    ("/training", "application/json", b'{"store_number": 1, "force": true}      '),
    (
        "/what-if",
        "application/json",
        b'{"store_number":1,"changes":[{"covariate":"promo","value":1,"from":"2024-02-01"}]}',
    ),
    ("/aws", "application/x-amz-json-1.1", b'{"DatasetGroupName": "chain", "Domain": "RETAIL"}'),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """Web processes without a worker; a body may take five seconds, also on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECAST_BODY_SECONDS", "5")
        patch.setenv("FORECAST_MAX_BODY_BYTES", str(16 * 1024 * 1024))
        served = Served(Settings(home=home / "home"), home / "log", "--no-worker")
    yield served
    served.process.terminate()
    served.process.wait()


def head(path: str, kind: str, *lines: str) -> bytes:
    target = "X-Amz-Target: AmazonForecast.CreateDatasetGroup"
    fixed = (f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", target)
    return "\r\n".join((*fixed, *lines, "", "")).encode()


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def exchange(served: Served, request: bytes, *, ends: bool) -> int:
    """Send these bytes; with ``ends``, send nothing more. Return the status of the answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=300) as connection:
        connection.sendall(request)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n" not in answer and (received := connection.recv(65536)):
            answer += received
    return int(re.match(rb"HTTP/1.1 (\d+)", answer)[1])


def kept(served: Served, home: Path) -> tuple[str, list[Path]]:
    """Everything that a request could leave behind: imports, runs, groups, files."""

    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{served.port}{path}") as answer:
            return str(answer.read())

    folders = [home / "home" / name for name in ("uploads", "imports")]
    files = [path for folder in folders for path in folder.rglob("*")]
    return get("/imports") + get("/training") + get("/stores"), files


@pytest.mark.parametrize(("path", "kind", "body"), BODIES)
def test_a_cut_at_every_tenth_byte_leaves_nothing_behind(
    served: Served, home: Path, path: str, kind: str, body: bytes
) -> None:
    before = kept(served, home)

    statuses = set()
    for cut in range(0, len(body), 10):
        lengthy = head(path, kind, f"Content-Length: {len(body)}") + body[:cut]
        in_chunks = head(path, kind, "Transfer-Encoding: chunked") + chunked(body[:cut], 64)
        statuses |= {exchange(served, request, ends=True) for request in (lengthy, in_chunks)}

    assert statuses == {400}
    assert kept(served, home) == before


@pytest.mark.parametrize(("path", "kind", "body"), BODIES)
@pytest.mark.parametrize("chunk", [b"zz\r\nabc\r\n", b"2\r\nabc\r\n", b"-1\r\n\r\n", b"\r\n"])
def test_a_malformed_chunk_is_refused(
    served: Served, home: Path, path: str, kind: str, body: bytes, chunk: bytes
) -> None:
    before = kept(served, home)
    request = head(path, kind, "Transfer-Encoding: chunked") + chunked(body, 100) + chunk

    assert exchange(served, request + b"0\r\n\r\n", ends=False) == 400
    assert kept(served, home) == before


@pytest.mark.parametrize(("path", "kind", "body"), BODIES[:-1])  # /aws takes it as no parameters
def test_a_body_without_a_length_is_refused(
    served: Served, path: str, kind: str, body: bytes
) -> None:
    assert exchange(served, head(path, kind), ends=False) == 411


@pytest.mark.quick(1)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_whole_body_in_chunks_is_read(served: Served, size: int) -> None:
    request = head("/imports?dry_run=true", "text/csv", "Transfer-Encoding: chunked")

    assert exchange(served, request + chunked(SALES, size) + b"0\r\n\r\n", ends=False) == 200


@pytest.mark.parametrize(
    ("path", "kind", "length"),
    [
        ("/forecast", "application/json", 9 * 1024 * 1024),
        ("/sales", "application/json", 9 * 1024 * 1024),
        ("/imports", "text/csv", 17 * 1024 * 1024),
    ],
)
def test_a_too_long_body_in_chunks_is_too_long(
    served: Served, path: str, kind: str, length: int
) -> None:
    request = head(path, kind, "Transfer-Encoding: chunked")

    assert exchange(served, request + chunked(b" " * length, 1 << 20), ends=False) == 413


@pytest.mark.slow
def test_slow_bodies_end_and_stop_nobody(served: Served) -> None:
    slow = [
        head("/imports", "text/csv", "Content-Length: 100") + b"s",
        head("/forecast", "application/json", "Transfer-Encoding: chunked") + b"1\r\n{\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: loc",
    ]
    connections = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(200)]
    for number, connection in enumerate(connections):
        connection.sendall(slow[number % 3])
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(0.1):
            for connection in connections[::3]:
                with contextlib.suppress(OSError):
                    connection.send(b"1")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert served.get("/healthz") == 200
        for connection in connections[0:12:3] + connections[1:12:3]:
            connection.settimeout(300)
            assert connection.recv(12) == b"HTTP/1.1 408"
        wait_until(lambda: served.get("/readyz") == 200, 300, served)
    finally:
        ended.set()
        thread.join()
        for connection in connections:
            connection.close()
