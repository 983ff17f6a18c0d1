"""/sales: dates that cannot be, figures that are not known, rows that are removed."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from support import in_days, naive

from forecast_service.settings import Settings
from forecast_service.worker import Worker

from .conftest import Refusal


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The quickest algorithm; accuracy does not matter here."""
    return naive(settings)


@pytest.fixture
def shop(client: FlaskClient, settings: Settings) -> None:
    """60 days of the stores 1 and 2 until yesterday, and a forecast."""
    rows = [f"{store},{in_days(number)},100" for store in (1, 2) for number in range(-60, 0)]
    content = "\n".join(["store,date,sales", *rows])
    client.post("/imports", data=content, content_type="text/csv")
    Worker(settings).run_until_idle(600)
    client.post("/training", json={"store_number": 1})
    Worker(settings).run_until_idle(600)


def done(client: FlaskClient, settings: Settings, method: str, body: Any) -> dict[str, Any]:
    """The import after ``method`` of /sales."""
    answer = client.open("/sales", method=method, json=body)
    assert answer.status_code == 202, answer.text
    Worker(settings).run_until_idle(600)
    document: dict[str, Any] = client.get(answer.headers["Location"]).get_json()
    return document


def dates(client: FlaskClient, store: int) -> list[str]:
    return [row["date"] for row in client.get(f"/stores/{store}/history").get_json()["days"]]


def first_day(client: FlaskClient, store: int | str) -> str:
    answer = client.get(f"/forecast?store_number={store}").get_json()
    day: str = answer["provenance"]["horizon"]["first"]
    return day


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("days", [2, 28, 365])
def test_a_sale_in_the_future_is_refused_at_once(
    client: FlaskClient, refusal: Refusal, days: int
) -> None:
    rows = [{"store_number": n, "date": in_days(d), "sales": 7} for n, d in ((1, 0), (2, days))]

    problem = refusal("POST", "/sales", 422, json={"sales": rows})

    assert problem["detail"] == (
        f"Row 1 of store '2' has a sale on {in_days(days)}, which is still to come; sales are "
        f"dated {in_days(1)} (tomorrow) at the latest. Correct the date, or leave the sales of "
        "coming days empty."
    )
    assert problem["errors"] == [{"pointer": "/sales/1/date", "detail": "a day to come"}]
    assert first_day(client, 1) == in_days(0)


@pytest.mark.usefixtures("shop")
def test_rows_are_removed_and_the_forecast_goes_back(
    client: FlaskClient, settings: Settings
) -> None:
    rows = [{"store_number": store, "date": in_days(0), "sales": 900} for store in (1, 2)]
    assert done(client, settings, "POST", {"sales": rows})["state"] == "done"
    assert first_day(client, 1) == in_days(1)

    wrong = [{"store_number": store, "date": in_days(0)} for store in (1, 2)]
    removed = done(client, settings, "DELETE", {"sales": wrong})

    assert "Rows taken out of the sales: 2." in removed["report"]["notes"]
    assert in_days(0) not in dates(client, 1)
    assert first_day(client, 1) == in_days(0)


@pytest.mark.usefixtures("shop")
def test_null_means_not_known(client: FlaskClient, settings: Settings) -> None:
    rows = [{"store_number": 1, "date": in_days(-n), "sales": None} for n in (9, 1)]

    assert done(client, settings, "POST", {"sales": rows})["state"] == "done"

    history = client.get("/stores/1/history").get_json()["days"]
    assert {row["date"]: row["sales"] for row in history}[in_days(-9)] is None
    assert history[-1]["date"] == in_days(-2)


@pytest.mark.usefixtures("shop")
def test_a_row_of_an_unknown_store_cannot_be_removed(refusal: Refusal) -> None:
    body = {"sales": [{"store_number": 7, "date": in_days(-1)}]}

    assert refusal("DELETE", "/sales", 404, json=body)["type"].endswith("unknown-store")


@pytest.mark.usefixtures("shop")
def test_a_full_import_names_the_way_to_replace(client: FlaskClient, settings: Settings) -> None:
    content = f"store,date,sales\n1,{in_days(0)},5\n"

    sent = client.post("/imports", data=content, content_type="text/csv")
    Worker(settings).run_until_idle(600)

    detail = client.get(sent.headers["Location"]).get_json()["error"]["detail"]
    assert detail == (
        "This import would replace 120 rows of 2 stores with 1 row of 1 store, without store '2'. "
        "Nothing was changed. Send all sales again, or add these rows to the others. "
        "'mode=INCREMENTAL' adds them. 'replace=true' drops the earlier sales."
    )
    again = client.post("/imports?dry_run=true", data=content, content_type="text/csv")
    assert (again.status_code, again.get_json()["detail"]) == (422, detail)
    replaced = client.post(
        "/imports?dry_run=true&replace=true", data=content, content_type="text/csv"
    )
    assert replaced.status_code == 200


@pytest.mark.usefixtures("shop")
def test_an_import_is_undone_and_the_forecast_goes_back(
    client: FlaskClient, settings: Settings, refusal: Refusal
) -> None:
    first = client.get("/imports").get_json()["imports"][0]["id"]
    rows = [{"store_number": store, "date": in_days(0), "sales": 900} for store in (1, 2)]
    last = done(client, settings, "POST", {"sales": rows})["id"]
    assert first_day(client, 1) == in_days(1)

    assert refusal("DELETE", f"/imports/{first}", 409)["detail"] == (
        f"Import '{first}' cannot be undone now: import '{last}' came later. Undo the later one "
        "first."
    )
    assert client.delete(f"/imports/{last}").get_json()["state"] == "undone"
    Worker(settings).run_until_idle(600)

    assert in_days(0) not in dates(client, 1)
    assert first_day(client, 1) == in_days(0)
    assert client.get("/forecast?store_number=1").get_json()["provenance"]["stale"] is None


@pytest.mark.usefixtures("shop")
def test_after_the_undo_of_everything_a_training_starts_afresh(
    client: FlaskClient, settings: Settings
) -> None:
    first = client.get("/imports").get_json()["imports"][0]["id"]
    assert client.delete(f"/imports/{first}").status_code == 200
    assert client.get("/forecast?store_number=1").status_code == 404

    rows = [f"x,{in_days(number)},7" for number in range(-60, 0)]
    content = "\n".join(["store,date,sales", *rows])
    client.post("/imports", data=content, content_type="text/csv")
    Worker(settings).run_until_idle(600)

    assert client.get("/stores").get_json()["count"] == 1
    assert first_day(client, "x") == in_days(0)


@pytest.mark.usefixtures("shop")
def test_another_kind_of_data_is_trained_and_served(
    client: FlaskClient, settings: Settings
) -> None:
    rows = [
        f"{store},{in_days(number)},{'' if number >= 0 else 100},{number % 2}"
        for store in (1, 2)
        for number in range(-60, 9)
    ]
    content = "\n".join(["store,date,sales,promo", *rows])

    client.post("/imports?replace=true", data=content, content_type="text/csv")
    Worker(settings).run_until_idle(600)

    provenance = client.get("/forecast?store_number=1").get_json()["provenance"]
    assert provenance["stale"] is None
    assert provenance["horizon"]["periods"] == 9
    runs = client.get("/training").get_json()["runs"]
    assert [run["state"] for run in runs] == ["serving", "serving"]


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
