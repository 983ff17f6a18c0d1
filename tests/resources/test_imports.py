"""/imports: types of files, reports, refusals, and the history afterwards."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.resources.contract.answers import History, Import
from forecast_service.settings import Settings
from forecast_service.worker import Worker

from .conftest import Refusal

DAYS = [f"2015-05-{day:02d}" for day in range(1, 32)]
SALES = "Store,Date,Sales,Promo\n" + "".join(
    f"{store},{day},{100 + store},0\n" for store in (1, 2) for day in DAYS
)
FUTURE = "Store,Date,Promo\n" + "".join(f"{s},2015-06-{d:02d},1\n" for s in (1, 2) for d in (1, 2))


def parquet() -> bytes:
    """The same sales as a Parquet file."""
    rows = [line.split(",") for line in SALES.split()[1:]]
    table = pa.table(
        {
            "Store": [int(row[0]) for row in rows],
            "Date": [row[1] for row in rows],
            "Sales": [float(row[2]) for row in rows],
            "Promo": [int(row[3]) for row in rows],
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (SALES.encode(), "text/csv"),
        (SALES.encode(), "text/csv; charset=utf-8"),
        (gzip.compress(SALES.encode()), "application/gzip"),
        (parquet(), "application/vnd.apache.parquet"),
    ],
)
def test_a_file_as_the_body_is_queued(client: FlaskClient, body: bytes, kind: str) -> None:
    response = client.post("/imports", data=body, content_type=kind)

    answer = response.get_json()
    Import.model_validate(answer)
    assert response.status_code == 202
    assert (answer["state"], answer["mode"]) == ("waiting", "FULL")
    assert response.headers["Location"] == f"/imports/{answer['id']}"
    assert client.get(response.headers["Location"]).get_json() == answer
    assert client.get("/imports").get_json()["imports"] == [answer]


def test_several_files_are_sent_as_a_form(client: FlaskClient) -> None:
    files = {
        "sales": (io.BytesIO(SALES.encode()), "../../etc/train.csv"),
        "future": (io.BytesIO(FUTURE.encode()), "future days.csv"),
    }

    answer = client.post("/imports", data=files).get_json()

    assert answer["files"] == {"sales": "train.csv", "future": "future_days.csv"}


@pytest.mark.parametrize("role", ["sales", "future", "stores"])
def test_two_files_for_one_role_are_refused(refusal: Refusal, role: str) -> None:
    files = {"sales": [(io.BytesIO(SALES.encode()), "a.csv")]}
    files[role] = [(io.BytesIO(SALES.encode()), name) for name in ("b.csv", "c.csv")]

    problem = refusal("POST", "/imports", 422, data=files)

    assert problem["detail"] == f"'{role}' is sent 2 times. Send one file as '{role}'."


def test_uploads_leave_nothing_behind(client: FlaskClient, settings: Settings) -> None:
    client.post("/imports", data=SALES, content_type="text/csv")
    client.post("/imports", data=b"", content_type="text/csv")

    assert list((settings.home / "uploads").iterdir()) == []


def test_a_dry_run_reports_and_keeps_nothing(client: FlaskClient) -> None:
    response = client.post("/imports?dry_run=true", data=SALES, content_type="text/csv")

    assert response.status_code == 200
    assert response.get_json()["stores"] == 2
    assert client.get("/imports").get_json() == {"imports": []}


def test_a_dry_run_of_a_bad_file_names_its_lines(refusal: Refusal) -> None:
    bad = SALES.replace("1,2015-05-03,101", "1,2015-05-03,many")

    problem = refusal("POST", "/imports?dry_run=true", 422, data=bad, content_type="text/csv")

    assert problem["type"] == "urn:forecast-service:invalid-data"
    assert problem["errors"][0]["pointer"] == "line 4"


def test_a_failed_import_names_the_parameter_that_helps(
    client: FlaskClient, settings: Settings
) -> None:
    returned = SALES.replace("1,2015-05-03,101", "1,2015-05-03,-101")
    location = client.post("/imports", data=returned, content_type="text/csv").location

    Worker(settings).run_until_idle(600)

    finding = "'Sales' is -101; sales below 0 are allowed only as returns"
    error = {
        "detail": f"'sales.csv' was not imported, and nothing of it was kept: line 4: {finding}. "
        "Correct the file and import it again. If these are returns, import it with "
        "'allow_returns=true'.",
        "errors": [{"pointer": "line 4", "detail": finding}],
        "remedy": {
            "code": "allow_returns",
            "text": "If these are returns, import it with 'allow_returns=true'.",
        },
    }
    assert client.get(location).get_json()["error"] == error
    assert client.get("/imports").get_json()["imports"][0]["error"] == error


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/imports", {"data": "{}", "content_type": "application/json"}, 415),
        ("/imports", {"data": ""}, 415),
        ("/imports?mode=SOME", {"data": SALES, "content_type": "text/csv"}, 422),
        ("/imports?dry_run=maybe", {"data": SALES, "content_type": "text/csv"}, 422),
        ("/imports", {"data": {"sales": "1,2"}, "content_type": "multipart/form-data"}, 422),
        ("/imports", {"data": {"slaes": (io.BytesIO(b"a"), "a.csv")}}, 422),
        ("/imports", {"data": {"stores": (io.BytesIO(b"a"), "a.csv")}}, 422),
        ("/imports", {"data": b"--x", "content_type": "multipart/form-data"}, 422),
        ("/sales", {"json": {"sales": []}}, 422),
        ("/sales", {"json": {"sales": [{"store_number": 1, "date": "2015-06-01"}]}}, 422),
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(
    client: FlaskClient, refusal: Refusal, path: str, options: dict[str, Any], status: int
) -> None:
    refusal("POST", path, status, **options)

    assert client.get("/imports").get_json() == {"imports": []}


def test_a_body_over_the_limit_is_413(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"max_body_bytes": 2000}))
    response = app.test_client().post("/imports", data=b"x" * 2001, content_type="text/csv")

    assert response.status_code == 413
    assert response.content_type == "application/problem+json"
    assert response.get_json(force=True)["detail"] == (
        "The body is too long. The limit is 8 MiB for JSON and FORECAST_MAX_BODY_BYTES for files."
    )
    app.extensions["forecast_service"].close()


def test_a_body_without_a_type_is_refused(refusal: Refusal) -> None:
    detail = refusal("POST", "/imports", 415)["detail"]

    assert detail.startswith("The Content-Type of the body is missing. Send ")


def test_an_unknown_import_is_named(refusal: Refusal) -> None:
    assert "'nope' does not exist" in refusal("GET", "/imports/nope", 404)["detail"]


class TestHistory:
    @pytest.fixture(autouse=True)
    def sales(self, client: FlaskClient, settings: Settings) -> None:
        """The sales imported by a worker."""
        client.post("/imports", data=SALES, content_type="text/csv")
        Worker(settings).run_until_idle(600)

    def test_holds_what_was_sold(self, client: FlaskClient) -> None:
        answer = client.get("/stores/2/history?start=2015-05-30").get_json()

        History.model_validate(answer)
        assert answer["store_number"] == 2
        assert [(day["date"], day["sales"]) for day in answer["days"]] == [
            ("2015-05-30", 102.0),
            ("2015-05-31", 102.0),
        ]

    def test_gives_the_last_days_when_limited(self, client: FlaskClient) -> None:
        answer = client.get("/stores/1/history?limit=1&end=2015-05-10").get_json()

        assert [day["date"] for day in answer["days"]] == ["2015-05-10"]

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/stores/9/history", 404),
            ("/stores/1/history?item=milk", 404),
            ("/stores/1/history?start=2015-05-10&end=2015-05-01", 422),
            ("/stores/1/history?start=2015-13-01", 422),
        ],
    )
    def test_refuses_what_is_not_there(self, refusal: Refusal, path: str, status: int) -> None:
        refusal("GET", path, status)


def test_attributes_and_covariates_are_shown_under_their_own_names(
    client: FlaskClient, settings: Settings
) -> None:
    files = {
        "sales": (io.BytesIO(SALES.replace("Promo", "促销").encode()), "a.csv"),
        "future": (io.BytesIO(FUTURE.replace("Promo", "促销").encode()), "b.csv"),
        "stores": (io.BytesIO("Store,Größe\n1,450\n2,300\n".encode()), "c.csv"),
    }
    client.post("/imports", data=files)
    Worker(settings).run_until_idle(600)

    assert client.get("/stores/1").get_json()["attributes"] == {"Größe": "450"}
    days = client.get("/stores/1/history?limit=1").get_json()["days"]
    assert days[0]["covariates"] == {"促销": 0}


def test_a_part_without_a_name_is_refused(client: FlaskClient) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="a\\"\r\n\r\n1\r\n--x--\r\n'

    response = client.post("/imports", data=body, content_type="multipart/form-data; boundary=x")

    assert response.status_code == 422, response.text
