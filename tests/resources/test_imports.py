"""/imports and /sales: types of files, reports, refusals, and the history afterwards."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.resources.contract.answers import History, Import
from forecast_service.settings import Settings
from forecast_service.worker import Worker

Refusal = Callable[..., dict[str, Any]]

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


def test_a_body_over_the_limit_is_413(tmp_path: Path, settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"max_body_bytes": 2000}))
    response = app.test_client().post("/imports", data=b"x" * 2001, content_type="text/csv")

    assert response.status_code == 413
    assert response.content_type == "application/problem+json"
    app.extensions["forecast_service"].close()


def test_rows_of_json_become_an_incremental_import(client: FlaskClient) -> None:
    rows = [
        {"store_number": 1, "date": "2015-06-01", "sales": 90, "covariates": {"Promo": 1}},
        {"store_number": "2", "date": "2015-06-01", "sales": None},
    ]

    response = client.post("/sales", json={"sales": rows})

    assert response.status_code == 202
    assert response.get_json()["mode"] == "INCREMENTAL"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            {"sales": [{"store_number": 1, "date": "2015-06-01", "sales": -2}]},
            "The body is not allowed: row 0 has sales of -2; sales below 0 need "
            "'allow_returns': true.",
        ),
        (
            {"sales": [{"store_number": 1, "date": "2015-06-01", "sales": 2}] * 2},
            "The body is not allowed: rows 0 and 1 are both for store '1' on 2015-06-01; send one "
            "row per store, item and day.",
        ),
        ({"sales": []}, "'/sales' in the body is not allowed: send a list of at least 1, not 0."),
        (
            {"sales": [{"store_number": 1, "date": "1.6.2015", "sales": 2}]},
            "'/sales/0/date' in the body is not allowed: write a day as '2015-08-01' (ISO 8601), "
            "not '1.6.2015'.",
        ),
        (
            {"sales": [{"store_number": 1, "date": "2015-06-01", "sales": "x"}]},
            "'/sales/0/sales' in the body is not allowed: send a number, not 'x'.",
        ),
        (
            {"sales": [{"store_number": 1, "date": "2015-06-01"}]},
            "'/sales/0/sales' in the body is missing and has to be sent.",
        ),
        (
            {"sales": [{"store_number": 1, "date": "2015-06-01", "sales": 2, "sku": "a"}]},
            "'/sales/0/sku' in the body is unknown; allowed are 'store_number', 'date', 'sales', "
            "'item', 'stockout', 'covariates'.",
        ),
    ],
)
def test_bad_rows_of_json_are_refused_at_once(refusal: Refusal, body: Any, sentence: str) -> None:
    assert refusal("POST", "/sales", 422, json=body)["detail"] == sentence


def test_a_covariate_named_like_another_column_is_refused(refusal: Refusal) -> None:
    row = {"store_number": 1, "date": "2015-06-01", "sales": 2, "covariates": {"Date": 1}}

    problem = refusal("POST", "/sales", 422, json={"sales": [row]})

    assert problem["detail"] == (
        "Covariate 'Date' has the same name as column 'date' (case does not matter). "
        "Rename the covariate."
    )


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


GERMAN = SALES.replace("Store,Date,Sales,Promo", "Kasse,Wann,Betrag,Rabatt für Ümlaute")


def test_options_are_fields_of_the_form_beside_the_files(client: FlaskClient) -> None:
    form = {
        "sales": (io.BytesIO(GERMAN.encode("cp1252")), "a.csv"),
        "column": ["store=Kasse", "date=Wann", "sales=Betrag"],
        "encoding": "cp1252",
        "dry_run": "true",
    }

    response = client.post("/imports", data=form)

    roles = {column["name"]: column["role"] for column in response.get_json()["columns"]}
    assert response.status_code == 200
    assert roles["Kasse"] == "store"
    assert "Rabatt für Ümlaute" in roles


def test_options_are_parameters_of_the_query(client: FlaskClient) -> None:
    columns = "column=store=Kasse&column=date=Wann&column=sales=Betrag"

    response = client.post(
        f"/imports?dry_run=true&{columns}",
        data=GERMAN.encode("cp1252"),
        content_type="text/csv; charset=cp1252",
    )

    assert response.get_json()["stores"] == 2


def test_a_column_that_is_not_named_is_said_with_the_field(refusal: Refusal) -> None:
    problem = refusal(
        "POST", "/imports?dry_run=true", 422, data=GERMAN, content_type="text/csv; charset=utf-8"
    )

    assert problem["detail"].endswith(
        "'column=date=NAME' names the column (also store, sales, item)."
    )


def test_an_unknown_part_is_refused_with_what_is_allowed(refusal: Refusal) -> None:
    problem = refusal("POST", "/imports", 422, data={"slaes": (io.BytesIO(b"a"), "a.csv")})

    assert problem["detail"].startswith(
        "'slaes' is not a file or an option of an import. The files are sales, features, future, "
        "stores, the options mode, dry_run,"
    )


@pytest.mark.parametrize(
    ("name", "example"), [("mode", "INCREMENTAL"), ("dry_run", "true"), ("encoding", "…")]
)
def test_an_option_that_is_sent_as_a_file_is_sent_to_the_query(
    refusal: Refusal, name: str, example: str
) -> None:
    problem = refusal("POST", "/imports", 422, data={name: (io.BytesIO(b"a"), "a.csv")})

    assert problem["detail"] == (
        f"'{name}' is sent as a file. Send '{name}' in the query: ?{name}={example}."
    )


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


class TestWhatValuesMean:
    """Options of an import, in the query or as text fields of the form."""

    def rows(self, *texts: str) -> bytes:
        lines = [f"1,2024-01-{n:02},{text}" for n, text in enumerate(texts, 1)]
        return "\n".join(["store,date,sales", *lines, *lines[:1]]).encode()

    @pytest.mark.parametrize("fields", [{}, {"missing": "zero"}])
    def test_they_are_fields_of_the_form(self, client: FlaskClient, fields: dict[str, str]) -> None:
        form = {
            "sales": (io.BytesIO(self.rows(*"12345678")), "sales.csv"),
            "duplicates": "sum",
            **fields,
        }

        answer = client.post("/imports?dry_run=true", data=form)

        assert (answer.status_code, answer.json["totals"][0]["total"]) == (200, 37.0)

    def test_a_refusal_names_the_option(self, refusal: Refusal) -> None:
        body = {"data": self.rows(*"12345678"), "content_type": "text/csv"}

        error = refusal("POST", "/imports?dry_run=true", 422, **body)

        assert error["detail"].endswith(
            "Or add up the rows of a day with 'duplicates=sum'; 'duplicates=last' keeps the last "
            "one."
        )

    def test_an_unknown_field_is_refused(self, client: FlaskClient) -> None:
        form = {"sales": (io.BytesIO(self.rows("1")), "sales.csv"), "doubles": "sum"}

        assert client.post("/imports", data=form).status_code == 422
