"""/overview, /regions and /accuracy: what a planner sees in the morning, over HTTP."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from support import work

from forecast_service.accounts.caller import SCOPES, Caller
from forecast_service.app import create_app
from forecast_service.reading import Answer
from forecast_service.resources.contract.answers import Accuracy, Overview, Regions
from forecast_service.resources.representations import compress, conditional
from forecast_service.settings import Settings
from forecast_service.storage.limits import Limits

STORES = {  # name, region, first and last day with sales (days before yesterday)
    "1": ("Aachen", "west", 420, 0),
    "2": ("Köln", "west", 420, 0),
    "10": ("Ulm", "south", 420, 0),
    "11": ("=Graz", "south", 420, 5),  # its sales are late
    "12": ("Wels", "south", 20, 0),  # it is new
}


@cache
def yesterday() -> dt.date:
    """The day before the stores were made, also when these tests cross midnight."""
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


def sold(store: str, back: int) -> int:
    day = yesterday() - dt.timedelta(days=back)
    return 100 * int(store) + 10 * day.weekday() + (50 if back > 300 else 0)


def write_files(folder: Path, days: range) -> dict[str, Path]:
    """Sales of the days so long before yesterday, and the table of stores."""
    lines = ["store,date,sales"]
    for store, (_, _, first, last) in STORES.items():
        lines += [
            f"{store},{yesterday() - dt.timedelta(days=back)},{sold(store, back)}"
            for back in days
            if last <= back <= first
        ]
    table = ["store,name,region"]
    table += [f"{store},{name},{region}" for store, (name, region, *_) in STORES.items()]
    files = {"sales": folder / "sales.csv", "stores": folder / "stores.csv"}
    files["sales"].write_text("\n".join(lines) + "\n")
    files["stores"].write_text("\n".join(table) + "\n")
    return files


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Five stores; forecasts were served before and after the last week."""
    folder = tmp_path_factory.mktemp("overview")
    settings = Settings(home=folder / "home", algorithm="seasonal_naive", processes=1, horizon=14)
    settings.home.mkdir()
    app = create_app(settings)
    service = app.extensions["forecast_service"]
    service.imports.request(write_files(folder, range(420, 6, -1)), "FULL")
    work(settings)
    service.runs.request(None)
    work(settings)
    service.imports.request(write_files(folder, range(6, -1, -1)), "INCREMENTAL")
    work(settings)
    yield app
    service.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def overview(client: FlaskClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/overview{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    document: dict[str, Any] = answer.get_json()
    Overview.model_validate(document)
    return document


def numbers(document: dict[str, Any]) -> list[int]:
    return [store["store_number"] for store in document["stores"]]


def test_a_store_is_compared_with_last_week_and_last_year(client: FlaskClient) -> None:
    document = overview(client, "?sort=store_number")

    store = document["stores"][0]
    last_week = sum(sold("1", back) for back in range(7))
    assert (store["store_number"], store["store_name"], store["region"]) == (1, "Aachen", "west")
    assert store["last_7_days"] == last_week
    assert store["next_7_days"] == pytest.approx(last_week, rel=0.02)
    assert store["low"] <= store["next_7_days"] <= store["high"]
    assert store["change"] == pytest.approx(store["next_7_days"] / last_week - 1, abs=0.002)
    assert store["change_to_last_year"] == pytest.approx(-350 / (last_week + 350), abs=0.02)
    assert store["data_until"] == str(yesterday())
    assert document["as_of"] == str(yesterday() + dt.timedelta(days=1))
    assert document["week"] == {
        "from": document["as_of"],
        "to": str(yesterday() + dt.timedelta(days=7)),
    }
    assert document["forecast"]["data_until"] == str(yesterday())


def test_what_was_served_is_measured_by_lag(client: FlaskClient) -> None:
    store = overview(client, "?sort=store_number")["stores"][0]

    assert store["accuracy_source"] == "served"
    assert store["accuracy"]["1"]["days"] == 7
    assert store["accuracy"]["1"]["wape"] < 0.05


def test_the_worst_come_first_with_their_problems(client: FlaskClient) -> None:
    document = overview(client)

    late, few, *others = document["stores"]
    assert (late["store_number"], few["store_number"]) == (11, 12)
    assert late["problems"][0] == {
        "code": "sales_late",
        "text": f"Sales are late: the last ones are of {yesterday() - dt.timedelta(days=5)}, and "
        f"those of {yesterday()} are due.",
        "last_sale_on": str(yesterday() - dt.timedelta(days=5)),
        "expected_until": str(yesterday()),
    }
    assert [problem["code"] for problem in few["problems"]][-1] == "few_days"
    assert few["last_year"] is few["change_to_last_year"] is None
    assert all(store["problems"] == [] for store in others)
    assert document["tiles"]["need_a_look"] == 2
    assert overview(client, "?order=asc")["stores"][-1]["store_number"] == 11


def test_totals_are_sums_and_compare_like_with_like(client: FlaskClient) -> None:
    document = overview(client)

    tiles, stores = document["tiles"], document["stores"]
    assert tiles["stores"] == 5
    assert tiles["next_7_days"] == pytest.approx(sum(s["next_7_days"] for s in stores), abs=3)
    both = [s for s in stores if s["last_year"] is not None]
    change = sum(s["next_7_days"] for s in both) / sum(s["last_year"] for s in both) - 1
    assert tiles["change_to_last_year"] == pytest.approx(change, abs=0.001)
    assert [(r["region"], r["stores"], r["need_a_look"]) for r in document["regions"]] == [
        ("south", 3, 2),
        ("west", 2, 0),
    ]
    regions = client.get("/regions").get_json()
    Regions.model_validate(regions)
    assert regions["regions"] == document["regions"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?sort=store_number", [1, 2, 10, 11, 12]),
        ("?sort=store_number&order=desc", [12, 11, 10, 2, 1]),
        ("?sort=next_7_days", [12, 11, 10, 2, 1]),
        ("?sort=change_to_last_year&order=asc", [1, 2, 10, 11, 12]),  # the unknown one is last
        ("?sort=store_name", [11, 1, 2, 10, 12]),
        ("?sort=data_until&limit=1", [11]),
        ("?region=west&sort=store_number", [1, 2]),
        ("?search=k%C3%B6ln", [2]),
        ("?search=1&sort=store_number", [1, 10, 11, 12]),
        ("?search=nowhere", []),
    ],
)
def test_it_is_sorted_searched_and_filtered(
    client: FlaskClient, query: str, expected: list[int]
) -> None:
    assert numbers(overview(client, query)) == expected


def test_pages_follow_each_other(client: FlaskClient) -> None:
    address, found = "/overview?limit=2&sort=next_7_days", []
    while address:
        document = client.get(address).get_json()
        found += numbers(document)
        assert document["count"] == 5
        address = document["next"]

    assert found == [12, 11, 10, 2, 1]


def test_a_wrong_question_is_refused_with_what_exists(client: FlaskClient) -> None:
    region = client.get("/overview?region=moon")
    sort = client.get("/overview?sort=luck")
    after = client.get("/overview?after=99")
    store = client.get("/accuracy?store_number=99")

    assert region.status_code == 404
    assert region.get_json(force=True)["detail"].startswith(
        "Region 'moon' is unknown: the regions are 'south', 'west'."
    )
    assert [sort.status_code, after.status_code, store.status_code] == [422, 422, 404]
    assert "there are 5 stores, 1, 2, 10, 11, 12." in store.get_json(force=True)["detail"]


def test_an_answer_is_sent_once(client: FlaskClient) -> None:
    first = client.get("/overview")

    again = client.get("/overview", headers={"If-None-Match": first.headers["ETag"]})
    other = client.get("/overview?region=west", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert other.status_code == 200
    for path in ("/regions", "/accuracy"):
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_the_files_are_for_people(client: FlaskClient) -> None:
    text = client.get("/overview?format=csv&sort=store_number").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    book = client.get("/overview?format=xlsx&sort=store_number&region=west")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_index(0)

    assert [row["store_number"] for row in rows] == ["1", "2", "10", "11", "12"]
    assert rows[0]["next_7_days"].isdigit()
    assert rows[3]["store_name"] == "'=Graz"  # no formula
    assert rows[3]["problems"].startswith("Sales are late")
    assert (
        f"overview-west-{yesterday() + dt.timedelta(days=1)}.xlsx"
        in (book.headers["Content-Disposition"])
    )
    header, first, *_ = sheet.to_python()
    assert dict(zip(header, first, strict=True))["store_name"] == "Aachen"


def test_the_accuracy_of_all_of_a_region_and_of_a_store(client: FlaskClient) -> None:
    whole = client.get("/accuracy").get_json()
    west = client.get("/accuracy?region=west").get_json()
    one = client.get("/accuracy?store_number=10&weeks=1").get_json()

    for document in (whole, west, one):
        Accuracy.model_validate(document)
        assert document["source"] == "served"
    days = [document["lags"]["1"]["days"] for document in (whole, west)]
    assert days == [3 * 7 + 2 + 7, 14]  # store 11 has two of the seven days
    assert {store["store_number"] for store in west["stores"]} == {1, 2}
    assert [store["store_number"] for store in one["stores"]] == [10]
    assert sum(week["days"] for week in whole["weeks"]) == days[0]
    assert whole["lag"] == 1
    assert whole["naive"]["1"]["wape"] is not None


def limited(app: Flask, limits: Limits) -> FlaskClient:
    """A client whose caller may see some of the stores."""
    caller = Caller("key", "test", frozenset(SCOPES), limits)
    app.before_request_funcs.setdefault(None, []).append(lambda: setattr(g, "caller", caller))
    return app.test_client()


def test_a_caller_sees_the_own_stores_only(app: Flask) -> None:
    hooks = list(app.before_request_funcs.get(None, []))
    try:
        client = limited(app, Limits(regions=frozenset({"west"})))
        document = overview(client)
        texts = json.dumps([document, client.get("/accuracy").get_json()])
        csv_text = client.get("/overview?format=csv").get_data(as_text=True)
        refused = [client.get(f"/accuracy?store_number={n}") for n in (10, 99)]
        region = client.get("/overview?region=south").get_json(force=True)["detail"]
        etag = client.get("/overview").headers["ETag"]
    finally:
        app.before_request_funcs[None] = hooks

    assert sorted(numbers(document)) == [1, 2]
    assert document["tiles"]["stores"] == 2
    assert [each["region"] for each in document["regions"]] == ["west"]
    assert not any(name in texts + csv_text for name in ("Ulm", "Graz", "Wels", "south"))
    assert [answer.status_code for answer in refused] == [404, 404]
    details = [answer.get_json(force=True)["detail"] for answer in refused]
    assert details[0].replace("'10'", "") == details[1].replace("'99'", "")
    assert region.startswith("Region 'south' is unknown: the regions are 'west'.")
    assert app.test_client().get("/overview").headers["ETag"] != etag


def test_a_large_answer_is_compressed_for_those_who_read_it(client: FlaskClient) -> None:
    path = "/openapi.json"
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    small = client.get("/regions", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == refused.data
    assert len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Content-Encoding" not in small.headers


def test_a_compressed_answer_has_a_weak_tag_that_matches(app: Flask) -> None:
    answer = Answer(b"1" * 20_000, '"tag"')
    with app.test_request_context(headers={"Accept-Encoding": "gzip"}) as context:
        first = conditional(context.request, answer, "application/json")
        compress(first, "gzip")
    tag = first.headers["ETag"]
    with app.test_request_context(headers={"If-None-Match": tag}) as context:
        again = conditional(context.request, answer, "application/json")

    assert (tag, gzip.decompress(first.data)) == ('W/"tag"', answer.body)
    assert again.status_code == 304


def test_stores_say_until_when_they_have_data(client: FlaskClient) -> None:
    stores = {s["store_number"]: s for s in client.get("/stores").get_json()["stores"]}

    assert stores[1]["data_until"] == str(yesterday())
    assert stores[11]["data_until"] == str(yesterday() - dt.timedelta(days=5))
    assert client.get("/stores/11").get_json()["data_until"] == stores[11]["data_until"]
