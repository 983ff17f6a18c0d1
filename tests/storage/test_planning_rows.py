"""Rows for planners: parts of forecasts, and scenarios."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.planning import forecast_parts, scenario_rows
from forecast_service.storage.planning.forecast_parts import StoredParts
from forecast_service.storage.planning.scenario_rows import Scenario
from forecast_service.storage.tables import scenarios, stores

ARN = "arn:aws:forecast:eu-west-1:0:forecast/one"


def test_parts_come_back_as_precise_as_they_are_shown(database: Database) -> None:
    parts = {"promo": np.array([1234.5, -0.4, 0.0]), "weekly": np.array([-300.0, 12.0, 7.5])}
    with database.write() as connection:
        forecast_parts.write(connection, [StoredParts(ARN, '["1"]', parts)])

    with database.read() as connection:
        found = forecast_parts.read(connection, ARN, '["1"]')

    assert found is not None
    assert list(found) == ["promo", "weekly"]
    for name, values in parts.items():
        assert found[name] == pytest.approx(values, abs=0.02)


def test_a_level_alone_is_told_from_no_parts(database: Database) -> None:
    with database.write() as connection:
        forecast_parts.write(connection, [StoredParts(ARN, '["1"]', {})])

    with database.read() as connection:
        assert forecast_parts.read(connection, ARN, '["1"]') == {}
        assert forecast_parts.read(connection, ARN, '["2"]') is None


def test_the_parts_go_with_the_forecast(database: Database) -> None:
    with database.write() as connection:
        forecast_parts.write(connection, [StoredParts(ARN, '["1"]', {})])
        forecast_store.delete(connection, ARN)

        assert forecast_parts.read(connection, ARN, '["1"]') is None


def scenario(identifier: str, store: str) -> Scenario:
    return Scenario(
        id=identifier,
        dataset_group="group",
        store=store,
        item=None,
        name=f"Plan {identifier}",
        note=None,
        changes=[{"covariate": "promo", "value": 1, "from": "2026-12-01", "to": "2026-12-02"}],
        forecast_arn=ARN,
        total={"difference": 5.0},
        made_by="local",
        created_at=0.0,
    )


@pytest.fixture
def two(database: Database) -> Database:
    """A scenario of store 1 in the north, and one of store 2 in the south."""
    with database.write() as connection:
        for store, region in (("1", "north"), ("2", "south")):
            values = {
                "dataset_group": "group",
                "store": store,
                "region": region,
                "attributes": {},
                "first_sale_on": "2026-01-01",
                "last_sale_on": "2026-11-30",
                "days": 300,
                "imported_at": 0.0,
            }
            connection.execute(sa.insert(stores).values(values))
            scenario_rows.insert(connection, scenario(f"s{store}", store))
    return database


def names(database: Database, limits: Limits, store: str | None = None) -> set[str]:
    with database.read() as connection:
        found = scenario_rows.read_all(
            connection, "group", limits, store=store, item=None, limit=10
        )
    return {each.id for each in found}


def test_scenarios_are_read_within_limits(two: Database) -> None:
    north = Limits(regions=frozenset({"north"}))

    assert names(two, UNLIMITED) == {"s1", "s2"}
    assert names(two, UNLIMITED, "2") == {"s2"}
    assert names(two, north) == {"s1"}
    with two.read() as connection:
        assert scenario_rows.read(connection, "group", "s2", north) is None
        assert scenario_rows.count_of(connection, "group", "1") == 1


def test_old_scenarios_are_pruned(two: Database) -> None:
    with two.write() as connection:
        made = database_now() - 31 * 86400.0
        old = sa.update(scenarios).where(scenarios.c.id == "s1")
        connection.execute(old.values(created_at=made))

    assert names(two, UNLIMITED) == {"s2"}
    with two.write() as connection:
        assert scenario_rows.prune(connection) == 1
        left = connection.execute(sa.select(scenarios.c.id)).scalars().all()
    assert left == ["s2"]
