"""Invalid bodies and queries to every route: never a 500, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast_service.resources.routes import ROUTES
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import metadata

EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
REFUSED = range(400, 500)
POSTED = (
    *("/forecast", "/what-if", "/scenarios", "/training", "/imports", "/uploads", "/sales"),
    *("/keys", "/users", "/session", "/me/password"),
)
WITHOUT_BODY = ("/forecasts/<forecast_id>/current",)
FORMS = ("/first-admin", "/log-out")  # answer with pages
READING = [path for path, resource in ROUTES if hasattr(resource, "get")]
FIELDS = (
    "store_number",
    "store_numbers",
    "item",
    "forecast_start_date",
    "forecast_end_date",
    "train_request_date",
    "force",
    "sales",
    "date",
    "covariates",
    "changes",
    "covariate",
    "value",
    "from",
    "to",
    "allow_returns",
    "mode",
    "dry_run",
    "limit",
    "after",
    "start",
    "end",
    "region",
    "forecast",
    "name",
    "note",
    "scopes",
    "stores",
    "regions",
    "expires_at",
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["1", "2015-06-20", "9999-12-31", "2015-06-20T00:00:00+14:00", "\x00", "%"])
)
names = st.sampled_from(FIELDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(names, values, max_size=5).map(orjson.dumps)
never_allowed = st.dictionaries(names, values, max_size=4).map(
    lambda fields: orjson.dumps({**fields, "no_such_field": 1})
)
types = st.sampled_from(
    ["application/json", "text/csv", "multipart/form-data; boundary=x", "text/plain", "", "///"]
)
queries = st.dictionaries(names, scalars.map(str), max_size=4)


@pytest.fixture
def state(three_stores: Database, settings: Settings) -> Iterator[Database]:
    """The database. Its content and its folder must be the same after the test."""
    before = content(three_stores), files(settings.home)
    yield three_stores
    assert (content(three_stores), files(settings.home)) == before


def content(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
        }


def files(home: Path) -> set[str]:
    """Every file except those of the database."""
    return {
        str(path) for path in home.rglob("*") if path.is_file() and "forecast.db" not in path.name
    }


@pytest.mark.usefixtures("state")
class TestNothingChanges:
    @EXAMPLES
    @given(path=st.sampled_from(POSTED), body=never_allowed)
    def test_by_json_that_is_not_allowed(self, client: FlaskClient, path: str, body: bytes) -> None:
        response = client.post(path, data=body, content_type="application/json")

        refused(response)

    @EXAMPLES
    @given(path=st.sampled_from(POSTED), body=st.binary(max_size=200), kind=types)
    def test_by_bytes_of_any_type(
        self, client: FlaskClient, path: str, body: bytes, kind: str
    ) -> None:
        response = client.post(
            f"{path}?no_such_parameter=1" if path in ("/imports", "/uploads") else path,
            data=body,
            content_type=kind,
        )

        refused(response)

    @EXAMPLES
    @given(path=st.sampled_from(READING), query=queries, part=st.text(max_size=12))
    def test_by_reading_with_any_query(
        self, client: FlaskClient, path: str, query: dict[str, str], part: str
    ) -> None:
        address = "/".join(
            quote(part or "1", safe="") if name.startswith("<") else name
            for name in path.split("/")
        )
        response = client.get(address, query_string=query)

        # A name with a slash or two dots may lead to another route, but never to a failure.
        assert response.status_code < 500 or address == "/readyz"

    @EXAMPLES
    @given(body=bodies)
    def test_by_reading_forecasts_with_any_body(self, client: FlaskClient, body: bytes) -> None:
        response = client.post("/forecast", data=body, content_type="application/json")

        assert response.status_code == 200 or response.status_code in REFUSED

    @EXAMPLES
    @given(
        accept=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
        tag=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    )
    def test_by_any_header(self, client: FlaskClient, accept: str, tag: str) -> None:
        headers = {"Accept": accept, "If-None-Match": tag, "X-Request-ID": tag}

        response = client.get("/forecast?store_number=1", headers=headers)

        assert response.status_code in (200, 304, 406)

    @EXAMPLES
    @given(method=st.sampled_from(["DELETE", "GET"]), name=st.text(min_size=1, max_size=300))
    def test_by_runs_that_do_not_exist(self, client: FlaskClient, method: str, name: str) -> None:
        response = client.open(f"/training/{quote(name, safe='')}", method=method)

        assert response.status_code in (200, 308, 404, 405, 422)

    @EXAMPLES
    @given(name=st.text(min_size=1, max_size=300))
    def test_by_forecasts_that_do_not_exist(self, client: FlaskClient, name: str) -> None:
        response = client.post(f"/forecasts/{quote(name, safe='')}/current")

        assert response.status_code in (308, 404, 422)


def refused(response: Any) -> None:
    """Check that the answer is a problem document with a status of 4xx."""
    assert response.status_code in REFUSED, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"


def test_the_fuzz_reaches_every_route_that_takes_a_body(app: Flask) -> None:
    posted = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith(("/v1", "/aws"))
    }

    assert posted == {*POSTED, *WITHOUT_BODY, *FORMS}
