"""Options of POST /imports: parameters of the query, or text fields of the form."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from .conftest import Refusal

DAYS = [f"2015-05-{day:02d}" for day in range(1, 32)]
GERMAN = "Kasse,Wann,Betrag,Rabatt für Ümlaute\n" + "".join(
    f"{store},{day},{100 + store},0\n" for store in (1, 2) for day in DAYS
)


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


def test_the_charset_of_a_body_is_its_encoding(client: FlaskClient) -> None:
    columns = "column=store=Kasse&column=date=Wann&column=sales=Betrag"

    response = client.post(
        f"/imports?dry_run=true&{columns}",
        data=GERMAN.encode("cp1252"),
        content_type="text/csv; charset=cp1251",  # not what would be recognised
    )

    assert "Rabatt fьr Ьmlaute" in {column["name"] for column in response.get_json()["columns"]}


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


class TestWhatValuesMean:
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
