"""/stores and /stores/<n>: pages, one store, refusals."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from forecast_service.common.names import natural_order
from forecast_service.resources.contract.answers import Store, Stores
from forecast_service.resources.parsing import as_number
from forecast_service.storage.database import Database
from forecast_service.storage.tables import stores

from .conftest import Refusal
from .rows import import_group, insert_store


@pytest.fixture
def many_stores(own_database: Database) -> Database:
    """Stores 1 to 25, and some with names that are not numbers. Even numbers are in the north."""
    with own_database.write() as connection:
        import_group(connection)
        for number in range(1, 26):
            insert_store(connection, str(number), region="south" if number % 2 else "north")
        for name in ("CA_10", "CA_2", "CA_1", "Ü & Söhne"):
            insert_store(connection, name)
    return own_database


def test_there_are_none_before_the_first_import(client: FlaskClient) -> None:
    assert client.get("/stores").get_json() == {
        "stores": [],
        "count": 0,
        "next": None,
        "stale": None,
    }


@pytest.mark.usefixtures("many_stores")
def test_pages_follow_each_other_in_the_order_of_numbers(client: FlaskClient) -> None:
    address, numbers = "/stores?limit=10", []
    while address:
        page = client.get(address).get_json()
        Stores.model_validate(page)
        numbers += [store["store_number"] for store in page["stores"]]
        address = page["next"]

    assert numbers == [*range(1, 26), "CA_1", "CA_2", "CA_10", "Ü & Söhne"]


def test_ten_thousand_stores_are_paged(client: FlaskClient, own_database: Database) -> None:
    names = [*map(str, range(9_000)), *(f"S{number:04}" for number in range(997))]
    names += ["007", "7" * 30, "é"]
    with own_database.write() as connection:
        import_group(connection)
        insert_store(connection, "000")
        row = dict(connection.execute(sa.select(stores)).mappings().one())
        connection.execute(sa.insert(stores), [{**row, "store": name} for name in names])
    address, numbers = "/stores?limit=1000", []
    while address:
        page = client.get(address).get_json()
        assert len(page["stores"]) <= 1000
        numbers += [store["store_number"] for store in page["stores"]]
        address = page["next"]

    expected = sorted(["000", *names], key=natural_order)
    assert page["count"] == len(numbers) == 10_001
    assert numbers == [as_number(name) for name in expected]


@pytest.mark.usefixtures("many_stores")
def test_an_unknown_region_is_refused_with_those_that_exist(client: FlaskClient) -> None:
    answer = client.get("/stores?region=moon")

    assert answer.status_code == 404
    assert answer.get_json()["detail"] == (
        "Region 'moon' is unknown: the regions are 'all', 'north', 'south'. "
        "GET /stores shows the region of every store."
    )


@pytest.mark.usefixtures("many_stores")
def test_a_region_can_be_asked_for(client: FlaskClient) -> None:
    page = client.get("/stores?region=north&limit=3").get_json()

    assert [store["store_number"] for store in page["stores"]] == [2, 4, 6]
    assert page["count"] == 12
    assert "region=north" in page["next"]


@pytest.mark.usefixtures("many_stores")
def test_a_store_is_found_by_its_name(client: FlaskClient) -> None:
    store = client.get("/stores/Ü & Söhne").get_json()

    assert store["store_number"] == "Ü & Söhne"
    Store.model_validate(store)


def test_attributes_are_shown_under_the_names_of_their_columns(
    client: FlaskClient, own_database: Database
) -> None:
    with own_database.write() as connection:
        import_group(connection)
        insert_store(connection, "1", attributes={"size_field": "large", "corn_field": "near"})

    assert client.get("/stores/1").get_json()["attributes"] == {
        "size": "large",
        "corn_field": "near",
    }


@pytest.mark.usefixtures("with_items")
def test_a_store_lists_its_items(client: FlaskClient) -> None:
    assert client.get("/stores/1").get_json()["items"] == ["bread", "milk"]


@pytest.mark.usefixtures("many_stores")
def test_an_unknown_store_is_refused_with_the_range(refusal: Refusal) -> None:
    detail = refusal("GET", "/stores/26", 404)["detail"]

    assert detail == (
        "Store '26' is unknown: there are 29 stores, 1 … Ü & Söhne. GET /stores lists them."
    )


def test_a_negative_limit_is_a_number_that_is_too_small(rejection: Refusal) -> None:
    problem = rejection("GET", "/stores?limit=-1", 422)

    assert "send a number" in problem["detail"]
    assert problem["detail"].endswith("not -1.")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "x=1"])
def test_a_wrong_query_is_refused(rejection: Refusal, query: str) -> None:
    rejection("GET", f"/stores?{query}", 422)


@pytest.mark.usefixtures("three_stores")
@pytest.mark.parametrize("path", ["/stores", "/stores/1"])
def test_says_that_the_forecast_lies_in_the_past(client: FlaskClient, path: str) -> None:
    assert client.get(path).get_json()["stale"].startswith("all of its days have passed")
