"""The examples of /openapi.json work: every request succeeds, every answer fits its schema."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service import __version__
from forecast_service.app import create_app
from forecast_service.resources.contract.document.openapi import description
from forecast_service.resources.routes import ROUTES
from forecast_service.settings import Settings
from forecast_service.worker import Worker

from .operations import WITH_PROVIDER, Documented, operations, resolved

DOCUMENT = description(ROUTES, __version__)
OPERATIONS = operations(DOCUMENT)


@dataclass(frozen=True)
class Sent:
    """One request of the document."""

    documented: Documented
    words: str
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    file: tuple[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.documented.name}: {self.words}"

    @property
    def is_of_items(self) -> bool:
        """Whether the sales must be per item."""
        asked = {*self.query, *(self.body or ())}
        per_item = self.documented.path in ("/forecast", "/stores/{store_number}/items")
        return "item" in asked or (per_item and "after" in asked)


def requests_of(documented: Documented) -> Iterator[Sent]:
    """Every request that the document shows for an operation."""
    content = documented.operation.get("requestBody", {}).get("content", {})
    for words, example in content.get("application/json", {}).get("examples", {}).items():
        yield Sent(documented, words, body=example["value"])
    if "text/csv" in content:
        csv = content["text/csv"]["example"]
        query = {"mode": "INCREMENTAL"} if documented.path == "/imports" else {}
        yield Sent(documented, "a file", query=query, file=("text/csv", csv))
    if not content:
        filled_in = {
            each["name"]: each["example"]
            for each in documented.operation.get("parameters", [])
            if "example" in each
        }
        yield Sent(documented, "as filled in", query=filled_in)
        for parameter in documented.operation.get("parameters", []):
            yield from alone(documented, parameter, filled_in)


def alone(
    documented: Documented, parameter: dict[str, Any], filled_in: dict[str, Any]
) -> Iterator[Sent]:
    """The example of one parameter, with those that the page fills in."""
    example = parameter["schema"].get("examples", [None])[0]
    name = parameter["name"]
    if example is None or name in filled_in:
        return
    others = {} if name == "store_numbers" else filled_in
    value = ",".join(map(str, example)) if isinstance(example, list) else example
    yield Sent(documented, f"with {name}", query={**others, name: value})


CHANGING = ("post", "put", "patch", "delete")
OFFERED = [each for each in OPERATIONS if each.name not in WITH_PROVIDER]
READS = [s for o in OFFERED if o.method == "get" for s in requests_of(o)]
CHANGES = [s for o in OFFERED if o.method in CHANGING for s in requests_of(o)]
OF_USERS = ("/me", "/session", "/users", "/keys", "/audit")


SCENARIO = {
    "name": "Closed",
    "store_number": 1,
    "changes": [{"covariate": "open", "value": 0, "from": "2026-09-05"}],
}
GIVEN: dict[str, Callable[[FlaskClient], str]] = {
    "run_id": lambda browser: browser.get("/training").get_json()["runs"][0]["id"],
    "import_id": lambda browser: browser.get("/imports").get_json()["imports"][0]["id"],
    "forecast_id": lambda browser: browser.get("/forecasts").get_json()["forecasts"][0]["id"],
    "key_id": lambda browser: browser.get("/keys").get_json()["keys"][0]["id"],
    "scenario_id": lambda browser: browser.post("/scenarios", json=SCENARIO).get_json()["id"],
    "upload_id": lambda browser: browser.post(
        "/uploads", data=b"store,date,sales\n", content_type="text/csv"
    ).get_json()["id"],
}
"""Identifiers exist only where they were given out; the other names are those of the examples."""


def address(browser: FlaskClient, documented: Documented) -> str:
    parameters = [each for each in documented.parameters if each["in"] == "path"]
    names = {
        each["name"]: GIVEN[each["name"]](browser) if each["name"] in GIVEN else each["example"]
        for each in parameters
    }
    return documented.path.format(**names)


def send(browser: FlaskClient, sent: Sent) -> Any:
    path = address(browser, sent.documented)
    query = dict(sent.query)
    if "against" in query:  # the identifier of a forecast
        query["against"] = GIVEN["forecast_id"](browser)
    parts: dict[str, Any] = {"query_string": texts(query)}
    if sent.body is not None:
        parts["json"] = sent.body
    if sent.file is not None:
        parts |= {"content_type": sent.file[0], "data": io.BytesIO(sent.file[1].encode())}
    return browser.open(path, method=sent.documented.method.upper(), **parts)


def texts(query: dict[str, Any]) -> dict[str, Any]:
    return {k: str(v).lower() if isinstance(v, bool) else v for k, v in query.items()}


def check(sent: Sent, response: Any) -> None:
    """Check that the answer is a success that the document describes."""
    assert response.status_code < 300, f"{sent.name}: {response.get_data(as_text=True)}"
    answers = sent.documented.operation["responses"]
    assert str(response.status_code) in answers, sent.name
    content = resolved(DOCUMENT, answers[str(response.status_code)]).get("content")
    if content is None:
        assert response.data == b""
        return
    assert response.mimetype in content, sent.name
    schema = content[response.mimetype].get("schema")
    if schema is not None and response.mimetype == "application/json":
        whole = {**schema, "components": DOCUMENT["components"]}
        jsonschema.validate(response.get_json(), whole, cls=jsonschema.Draft202012Validator)


@pytest.mark.quick(30)
@pytest.mark.parametrize("sent", READS, ids=lambda sent: sent.name)
def test_reading_by_the_example_succeeds(
    request: pytest.FixtureRequest, browser: FlaskClient, sent: Sent
) -> None:
    asked = asker(request, sent, browser)

    check(sent, send(asked, sent))


@pytest.mark.quick(8)
@pytest.mark.parametrize("sent", CHANGES, ids=lambda sent: sent.name)
def test_changing_by_the_example_succeeds(
    request: pytest.FixtureRequest, browser: FlaskClient, served_settings: Settings, sent: Sent
) -> None:
    asked = asker(request, sent, browser)
    prepare(sent, asked, served_settings)

    response = send(asked, sent)

    check(sent, response)


def asker(request: pytest.FixtureRequest, sent: Sent, browser: FlaskClient) -> FlaskClient:
    """The client that sends the request: to stores, to stores with items, or as an admin."""
    if sent.is_of_items:
        items: Flask = request.getfixturevalue("served_items")
        return items.test_client()
    if sent.documented.path.startswith(OF_USERS):
        admin: FlaskClient = request.getfixturevalue("admin")
        return admin
    return browser


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[FlaskClient]:
    """Anna, an admin with a session and a key, in a service of her own with another admin."""
    app = create_app(Settings(home=tmp_path / "home"))
    service = app.extensions["forecast_service"]
    for name in ("anna", "zoe"):
        service.users.create(name, {"role": "admin", "password": PASSWORD})
    service.keys.create("tests", ["read"], created_by="anna")
    service.accounts_state.forget()
    client = app.test_client()
    session = client.post("/session", json={"user": "anna", "password": PASSWORD}).get_json()
    client.environ_base["HTTP_X_CSRF_TOKEN"] = session["csrf_token"]
    yield client
    service.close()


def prepare(sent: Sent, browser: FlaskClient, settings: Settings) -> None:
    """Bring the home into the state that a change needs."""
    if sent.documented.name == "DELETE /training/{run_id}":
        browser.post("/training", json={"store_number": 1, "force": True})
    if sent.documented.name == "DELETE /imports/{import_id}":
        browser.post("/sales", json={"sales": [SALE]})
        assert Worker(settings).run_until_idle(600)


PASSWORD = "narrow-otter-tall-lamp"
SALE = {"store_number": 1, "date": "2026-08-29", "sales": 130.0}


def test_every_operation_has_a_request_here() -> None:
    sent = {each.documented.name for each in (*READS, *CHANGES)}

    assert {operation.name for operation in OPERATIONS} == sent | WITH_PROVIDER
