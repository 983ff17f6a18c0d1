"""Retries and errors of the client, against a small server that answers as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from forecast_service.client import ApiError, ForecastClient, NotReachable

PROBLEM = {
    "type": "urn:forecast-service:unknown-store",
    "title": "Not Found",
    "status": 404,
    "detail": "Store '9' is unknown: there is 1 store, 1.",
    "request_id": "abc",
}


class Scripted(ThreadingHTTPServer):
    """Answers requests with the statuses in ``script``; the last one for ever. 0 hangs up."""

    def __init__(self, *script: int) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.script = list(script)
        self.retry_after = "0"
        self.seen: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Answering(BaseHTTPRequestHandler):
    server: Scripted

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, dict(self.headers), body))
        script = self.server.script
        status = script.pop(0) if len(script) > 1 else script[0]
        if status == 0:
            self.close_connection = True
            return
        document: Any = {"forecast": "ready", "id": "1", "state": "done"}
        self.send_response(status)
        if status >= 400:
            document = {**PROBLEM, "status": status}
            self.send_header("Retry-After", self.server.retry_after)
            self.send_header("Content-Type", "application/problem+json")
        content = json.dumps(document).encode()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def scripted(request: pytest.FixtureRequest) -> Iterator[Scripted]:
    server = Scripted(*request.param)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast_service.client.connection.FIRST_PAUSE", 0.01)


@pytest.mark.parametrize("scripted", [(503, 429, 200)], indirect=True)
def test_a_busy_service_is_asked_again(scripted: Scripted) -> None:
    assert ForecastClient(scripted.url).is_ready()
    assert len(scripted.seen) == 3


@pytest.mark.parametrize("scripted", [(503, 200)], indirect=True)
def test_the_pause_is_the_one_that_the_service_asks_for(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("forecast_service.client.connection.time.sleep", pauses.append)
    scripted.retry_after = "7"

    assert ForecastClient(scripted.url).is_ready()
    assert pauses == [7.0]


@pytest.mark.parametrize("scripted", [(503,)], indirect=True)
def test_the_attempts_have_an_end(scripted: Scripted) -> None:
    with pytest.raises(ApiError) as raised:
        ForecastClient(scripted.url, attempts=3).is_ready()

    assert raised.value.status == 503
    assert len(scripted.seen) == 3


@pytest.mark.parametrize("scripted", [(404,)], indirect=True)
def test_a_refusal_is_not_repeated_and_says_why(scripted: Scripted) -> None:
    with pytest.raises(ApiError, match="Store '9' is unknown") as raised:
        ForecastClient(scripted.url).history(9)

    assert (raised.value.status, raised.value.type) == (404, "unknown-store")
    assert raised.value.request_id == "abc"
    assert len(scripted.seen) == 1


@pytest.mark.parametrize("scripted", [(0, 200)], indirect=True)
def test_a_read_is_repeated_after_a_broken_connection(scripted: Scripted) -> None:
    assert ForecastClient(scripted.url).is_ready()


@pytest.mark.parametrize("scripted", [(0, 200)], indirect=True)
def test_an_undo_is_not_repeated_after_a_broken_connection(scripted: Scripted) -> None:
    with pytest.raises(NotReachable, match="did not answer"):
        ForecastClient(scripted.url).undo("1")

    assert len(scripted.seen) == 1


@pytest.mark.parametrize("scripted", [(503, 200)], indirect=True)
def test_a_file_is_sent_whole_at_every_attempt(scripted: Scripted, tmp_path: Any) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("store,date,sales\n1,2024-01-01,5\n")

    ForecastClient(scripted.url).import_sales(path, wait=False)

    assert [b"1,2024-01-01,5" in body for _, _, body in scripted.seen] == [True, True]


@pytest.mark.parametrize("scripted", [(200,)], indirect=True)
def test_the_key_is_sent_as_a_bearer_token(scripted: Scripted) -> None:
    ForecastClient(scripted.url, api_key="secret").is_ready()

    assert scripted.seen[0][1]["Authorization"] == "Bearer secret"


def test_an_address_without_a_service_is_named() -> None:
    with pytest.raises(NotReachable, match=r"'http://127.0.0.1:1' did not answer: .*refused"):
        ForecastClient("http://127.0.0.1:1", attempts=2).is_ready()
