"""Names with characters that mean something in addresses, lists and files."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.resources.gate.paths import EncodedSlashes
from forecast_service.storage import tables
from forecast_service.storage.database import Database

from .conftest import Refusal
from .rows import GROUP, import_group, insert_store, serve_forecast

NAMES = (
    "A/B",
    "a/b/history",
    "//",
    "Paris, Nord",
    "Paris,Nord",
    "Lyon",
    "50%",
    "50%25",
    "A%2FB",
    "C+D",
    "C D",
    "#1",
    "?",
    "a?b=c&d",
    '"quoted"',
    "l'Est",
    "São Paulo",
    "北京/东",
    "a\\b",
    "a;b",
    "..",
)


@pytest.fixture
def odd_stores(own_database: Database) -> Database:
    """Stores with odd names, and a forecast of each."""
    with own_database.write() as connection:
        import_group(connection)
        for name in NAMES:
            insert_store(connection, name)
        serve_forecast(connection, [[name] for name in NAMES])
    return own_database


@pytest.mark.quick(6)
@pytest.mark.usefixtures("odd_stores")
@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != ".."])
def test_a_store_is_found_by_its_encoded_name(client: FlaskClient, name: str, prefix: str) -> None:
    answer = client.get(f"{prefix}/stores/{quote(name, safe='')}")
    history = client.get(f"{prefix}/stores/{quote(name, safe='')}/history")

    assert answer.get_json()["store_number"] == name
    assert history.get_json()["store_number"] == name


@pytest.mark.quick(4)
@pytest.mark.usefixtures("odd_stores")
@pytest.mark.parametrize("name", NAMES)
def test_a_forecast_is_found_by_the_name(client: FlaskClient, name: str) -> None:
    by_query = client.get("/forecast", query_string={"store_number": name}).get_json()
    by_body = client.post("/forecast", json={"store_number": name}).get_json()

    assert by_query["store_number"] == by_body["store_number"] == name


@pytest.mark.usefixtures("odd_stores")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"store_numbers": ["A/B", "Paris, Nord"]}, ["A/B", "Paris, Nord"]),
        ({"store_number": ["A/B", "Paris, Nord"]}, ["A/B", "Paris, Nord"]),
        ({"store_numbers": "Paris, Nord"}, ["Paris, Nord"]),
        ({"store_numbers": "Lyon,Paris, Nord,A/B"}, ["Lyon", "Paris, Nord", "A/B"]),
        ({"store_numbers": "Paris,Nord,Paris, Nord"}, ["Paris,Nord", "Paris, Nord"]),
        ({"store_numbers": " Lyon , 50% "}, ["Lyon", "50%"]),
        ({"store_numbers": ["Lyon", " 50% "]}, ["Lyon", "50%"]),
    ],
)
def test_a_list_of_stores_keeps_names_with_commas(
    client: FlaskClient, query: dict[str, str], expected: list[str]
) -> None:
    answer = client.get("/forecast", query_string=query)

    assert [each["store_number"] for each in answer.get_json()["forecasts"]] == expected


@pytest.mark.usefixtures("odd_stores")
def test_an_unknown_store_among_names_with_commas_is_named(refusal: Refusal) -> None:
    problem = refusal("GET", "/forecast?store_numbers=Lyon,Paris", 404)

    assert problem["detail"].startswith("Store 'Paris' is unknown")


@pytest.mark.usefixtures("odd_stores")
@pytest.mark.parametrize("name", [" Lyon", "Lyon ", "  Lyon  "])
def test_blanks_around_a_name_do_not_matter(client: FlaskClient, name: str) -> None:
    answers = [
        client.get(f"/stores/{quote(name)}"),
        client.get("/forecast", query_string={"store_number": name}),
        client.post("/forecast", json={"store_number": name}),
        client.post("/forecast", json={"store_numbers": [name]}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4


@pytest.mark.usefixtures("odd_stores")
def test_a_table_quotes_names(client: FlaskClient) -> None:
    names = ["Paris, Nord", '"quoted"', "a;b"]
    answer = client.get(
        "/forecast", query_string={"store_numbers": names}, headers={"Accept": "text/csv"}
    )

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(dict.fromkeys(row["store_number"] for row in rows)) == names


@pytest.mark.usefixtures("odd_stores")
def test_every_page_of_stores_leads_to_the_next(client: FlaskClient) -> None:
    seen: list[str] = []
    address = "/stores?limit=1"
    while address:
        page = client.get(address).get_json()
        seen += [store["store_number"] for store in page["stores"]]
        address = page["next"]

    assert sorted(seen) == sorted(NAMES)


def test_items_with_odd_names_are_found(client: FlaskClient, own_database: Database) -> None:
    pairs = [["milk/1 l", "A/B"], ["50%, off", "A/B"], ["C+D", "Paris, Nord"]]
    with own_database.write() as connection:
        import_group(connection, has_items=True)
        for store in ("A/B", "Paris, Nord"):
            insert_store(connection, store)
        for item, store in pairs:
            row = {"dataset_group": GROUP, "store": store, "item": item}
            connection.execute(sa.insert(tables.series).values(**row, last_sale_on="2015-06-13"))
        serve_forecast(connection, pairs)

    for item, store in pairs:
        query = {"store_number": store, "item": item}
        assert client.get("/forecast", query_string=query).status_code == 200
    assert client.get("/stores/A%2FB").get_json()["items"] == ["50%, off", "milk/1 l"]
    history = client.get("/stores/A%2fB/history", query_string={"item": "milk/1 l"})
    assert history.get_json()["item"] == "milk/1 l"


@pytest.mark.parametrize(
    ("sent", "script", "expected"),
    [
        ("/stores/A%2FB?x=%2F", "", "/stores/A\ufdd0B"),
        ("http://shop.example/stores/A%2fB", "", "/stores/A\ufdd0B"),
        ("/stores/A/B", "", "/decoded"),
        ("/forecast?store_number=A%2FB", "", "/decoded"),
        ("/app/stores/A%2FB", "/app", "/decoded"),
        ("", "", "/decoded"),
    ],
)
def test_only_encoded_slashes_of_the_path_are_shown(sent: str, script: str, expected: str) -> None:
    seen = []

    def application(environ, start):
        seen.append(environ["PATH_INFO"].encode("latin-1").decode())
        return [b""]

    environ = {"PATH_INFO": "/decoded", "SCRIPT_NAME": script, "REQUEST_URI": sent}
    EncodedSlashes(application)(environ, lambda *_: None)

    assert seen == [expected]
