"""Stores by name: pages are in natural order for all names."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from forecast_service.common.names import natural_order
from forecast_service.storage.database import Database
from forecast_service.storage.stores import page_of_stores
from forecast_service.storage.tables import stores

GROUP = "store_demand_group"
CHAIN = ["CA_1", "CA_2", "CA_10", "1", "2", "10", "007", "7", "Ü & Söhne", "9" * 30]


def put_stores(database: Database, names: list[str], regions: list[str]) -> None:
    """Store exactly these names."""
    store: dict[str, Any] = {
        "dataset_group": GROUP,
        "attributes": {},
        "first_sale_on": "2013-01-01",
        "last_sale_on": "2015-06-13",
        "days": 894,
        "imported_at": 0.0,
    }
    rows = [{**store, "store": n, "region": r} for n, r in zip(names, regions, strict=True)]
    with database.write() as connection:
        connection.execute(sa.delete(stores))
        connection.execute(sa.insert(stores), rows)


def all_pages(database: Database, region: str | None, limit: int) -> list[str]:
    """The names on all pages, in order."""
    names: list[str] = []
    has_more, after = True, None
    while has_more:
        with database.read() as connection:
            page = page_of_stores(connection, GROUP, region=region, after=after, limit=limit)
        assert len(page.rows) <= limit
        names += [row["store"] for row in page.rows]
        has_more, after = page.has_more, names[-1]
    assert page.count == len(names)
    return names


@given(
    names=st.lists(
        st.text("0129CA_ -éÜ", min_size=1, max_size=6), min_size=2, max_size=12, unique=True
    ),
    limit=st.integers(1, 5),
)
@example(names=CHAIN, limit=3)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_pages_together_are_the_whole_list_in_order(
    database: Database, names: list[str], limit: int
) -> None:
    regions = ["north", *("south" if len(name) % 2 else "north" for name in names[1:])]
    put_stores(database, names, regions)

    in_north = [name for name, region in zip(names, regions, strict=True) if region == "north"]
    assert all_pages(database, None, limit) == sorted(names, key=natural_order)
    assert all_pages(database, "north", limit) == sorted(in_north, key=natural_order)


def test_a_page_can_follow_a_deleted_store(database: Database) -> None:
    put_stores(database, ["CA_1", "CA_10"], ["all", "all"])

    with database.read() as connection:
        page = page_of_stores(connection, GROUP, region=None, after="CA_2", limit=5)

    assert [row["store"] for row in page.rows] == ["CA_10"]
    assert (page.count, page.has_more) == (2, False)
