"""Errors as pages for browsers and as problem documents for programs, with production settings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_restful import Resource

from forecast_service.accounts.caller import PUBLIC
from forecast_service.app import create_app
from forecast_service.resources.api import ServiceApi
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.gate.front import Front
from forecast_service.settings import Settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PROGRAMS = ["", "*/*", "application/json", "application/problem+json", "text/csv, */*;q=0.1"]
SPENT = 0.2  # seconds for a body


class Broken(Resource):  # type: ignore[misc]
    """A resource with a bug."""

    @documented("A bug", scope=PUBLIC)
    def get(self) -> NoReturn:
        raise ZeroDivisionError("division by zero")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app with production settings, and with a route that has a bug."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("errors")))
    ServiceApi(app).add_resource(Broken, "/broken")
    app.extensions["forecast_service.admission"].init_app(app)
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = BROWSER
    return client


REFUSED = [
    ("GET", "/nope", {}, 404, "This does not exist"),
    ("GET", "/v1/nope", {}, 404, "This does not exist"),
    ("GET", "/store/7/nothing/here", {}, 404, "This does not exist"),
    ("GET", "/stores/987", {}, 404, "This does not exist"),
    ("DELETE", "/forecast", {}, 405, "This address cannot be used like that"),
    ("PATCH", "/", {}, 405, "This address cannot be used like that"),
    ("POST", "/training", {"data": "{"}, 400, "This request has a mistake"),
    ("POST", "/training", {"data": "{}"}, 422, "This request has a mistake"),
    ("GET", "/forecast?store_number=1&colour=red", {}, 422, "This request has a mistake"),
    ("GET", "/forecast?store_number=1&format=pdf", {}, 400, "This request has a mistake"),
    ("POST", "/training", {"headers": {"Origin": "https://evil.example"}}, 403, "You may not"),
    ("GET", "/forecast?store_number=1", {}, 404, "This does not exist"),
    ("GET", "/readyz?forecast=true", {}, 503, "Not available right now"),
    ("GET", "/broken", {}, 500, "Something went wrong here"),
]


def send(client: FlaskClient, method: str, path: str, parts: dict[str, Any]) -> Any:
    body = {"content_type": "application/json"} if "data" in parts else {}
    return client.open(path, method=method, **parts, **body)


@pytest.mark.parametrize(("method", "path", "parts", "status", "heading"), REFUSED)
def test_a_browser_gets_a_page_that_says_what_happened(
    browser: FlaskClient, method: str, path: str, parts: dict[str, Any], status: int, heading: str
) -> None:
    response = send(browser, method, path, parts)

    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert re.search(rf"<h1>{heading}[^<]*</h1>", response.text)
    assert response.headers["X-Request-ID"] in response.text
    assert "Accept" in response.vary
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "Traceback" not in response.text


@pytest.mark.parametrize(("method", "path", "parts", "status", "heading"), REFUSED)
def test_the_page_has_the_sentence_of_the_problem_document(
    app: Flask, method: str, path: str, parts: dict[str, Any], status: int, heading: str
) -> None:
    client = app.test_client()

    problem = send(client, method, path, parts)
    client.environ_base["HTTP_ACCEPT"] = BROWSER
    page = send(client, method, path, parts)

    assert (problem.status_code, problem.mimetype) == (status, "application/problem+json")
    shown = re.search('<p lang="en">(.*?)</p>', page.text)
    assert shown is not None
    assert plain(shown[1]) == problem.get_json(force=True)["detail"]


def plain(html: str) -> str:
    for entity, character in (("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&amp;", "&")):
        html = html.replace(entity, character)
    return html


@pytest.mark.parametrize("accept", PROGRAMS)
def test_a_program_gets_a_problem_document(app: Flask, accept: str) -> None:
    response = app.test_client().get("/nope", headers={"Accept": accept})

    assert response.mimetype == "application/problem+json"


def test_what_was_sent_cannot_become_part_of_the_page(browser: FlaskClient) -> None:
    response = browser.get("/forecast?store_number=1&%3Cscript%3Ealert(1)%3C/script%3E=1")

    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert(1)" in response.text


def test_the_page_has_the_language_of_the_browser(browser: FlaskClient) -> None:
    response = browser.get("/nope", headers={"Accept-Language": "de"})

    assert "<h1>Das gibt es nicht</h1>" in response.text


def test_headers_that_help_a_program_stay(browser: FlaskClient) -> None:
    assert browser.delete("/forecast").headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert browser.get("/readyz?forecast=true").headers["Retry-After"] == "5"


def through_the_front(app: Flask, **options: Any) -> tuple[int, dict[bytes, bytes], str]:
    """The answer of the front to a body that does not come, or is longer than allowed."""
    front = Front(app, body_seconds=SPENT, max_body_bytes=1000, threads=1)
    sent: list[Any] = []
    length = [(b"content-length", str(options["length"]).encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/imports",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"accept", BROWSER.encode()), *length],
    }

    async def receive() -> dict[str, Any]:
        if options.get("is_cut_off"):
            return {"type": "http.disconnect"}
        await asyncio.sleep(60)
        raise AssertionError("the front waits for no longer than it says")

    async def answer(message: Any) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as thread:  # a browser of other tests has an event loop in this one
        thread.submit(asyncio.run, front(scope, receive, answer)).result()
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"].decode()


@pytest.mark.parametrize(
    ("options", "status", "heading"),
    [
        ({"length": 100}, 408, "The connection was too slow"),
        ({"length": 2000}, 413, "This is too large"),
        ({"length": 100, "is_cut_off": True}, 400, "This request has a mistake"),
    ],
)
def test_a_refusal_of_the_front_is_a_page_too(
    app: Flask, options: dict[str, Any], status: int, heading: str
) -> None:
    answered, headers, body = through_the_front(app, **options)

    assert answered == status
    assert headers[b"content-type"] == b"text/html; charset=utf-8"
    assert f"<h1>{heading}</h1>" in body
    assert headers[b"x-request-id"].decode() in body


def test_a_page_of_an_error_names_no_file_of_the_service(browser: FlaskClient) -> None:
    text = browser.get("/broken").text

    assert "ZeroDivision" not in text
    assert str(Path(__file__).parents[2]) not in text
