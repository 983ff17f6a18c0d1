"""Dataset groups: changes by an import, a moved pointer and an ended run."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from forecast_service.reading.pointer import PointerReader
from forecast_service.storage import groups
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, Pointer

CHAIN = DatasetGroup(
    name="chain",
    arn="arn:chain",
    horizon=14,
    frequency="W-FRI",
    covariates=("promo", "open"),
    has_items=True,
    texts={"Event": {"fair": "event_fair", "none": None}},
    last_sale_on="2024-01-31",
)


@pytest.fixture
def imported(database: Database) -> Database:
    """A database with two dataset groups: the chain and another one."""
    with database.write() as connection:
        groups.record_import(connection, CHAIN)
        groups.record_import(connection, replace(CHAIN, name="other", texts=None))
    return database


def read(database: Database, name: str = "chain") -> DatasetGroup | None:
    with database.read() as connection:
        return groups.read_group(connection, name)


def test_there_is_none_before_the_first_import(database: Database) -> None:
    with database.write() as connection:
        locked = groups.lock_group(connection, "chain")
        groups.move_pointer(connection, "chain", "arn:forecast")

    assert (locked, read(database)) == (None, None)


def test_the_first_import_writes_every_field(imported: Database) -> None:
    with imported.write() as connection:
        locked = groups.lock_group(connection, "chain")

    assert locked == read(imported) == CHAIN
    assert read(imported, "other") == replace(CHAIN, name="other", texts=None)


@pytest.mark.parametrize("before", [CHAIN, replace(CHAIN, conventions={"date_order": "dmy"})])
def test_the_values_of_an_earlier_moment_can_be_written_again(
    database: Database, before: DatasetGroup
) -> None:
    later = replace(CHAIN, texts=None, conventions={"date_order": "mdy", "open": "rest_days"})
    with database.write() as connection:
        groups.record_import(connection, before)
        values = groups.group_values(connection, "chain")
        groups.record_import(connection, later)
    assert values is not None

    with database.write() as connection:
        groups.restore_group(connection, json.loads(json.dumps(values)))

    assert read(database) == replace(before, data_version=3)


def test_absent_texts_are_null_to_the_database(imported: Database) -> None:
    with imported.read() as connection:
        query = sa.text("SELECT name FROM dataset_groups WHERE texts IS NULL")
        assert connection.execute(query).scalars().all() == ["other"]


def test_a_later_import_keeps_the_served_forecast(imported: Database) -> None:
    later = replace(CHAIN, arn="arn:new", last_sale_on="2024-02-01", conventions={"decimal": ","})
    with imported.write() as connection:
        groups.move_pointer(connection, "chain", "arn:forecast")
        groups.record_import(connection, later)

    assert read(imported) == replace(
        later, data_version=2, current_forecast_arn="arn:forecast", version=1
    )


@pytest.mark.parametrize(
    "change",
    [{"horizon": 7}, {"frequency": "W-MON"}, {"has_items": False}, {"covariates": ("price",)}],
    ids=lambda change: next(iter(change)),
)
def test_earlier_predictors_do_not_count_for_another_kind_of_data(
    imported: Database, change: dict[str, Any]
) -> None:
    later = replace(CHAIN, **change)
    with imported.write() as connection:
        groups.record_import(connection, later)

    group = read(imported)
    assert group is not None
    assert group.trained_after is not None
    assert replace(group, trained_after=None) == replace(later, data_version=2)


def test_a_moved_pointer_and_an_ended_run_are_counted_in_their_own_group(
    imported: Database,
) -> None:
    with imported.write() as connection:
        groups.move_pointer(connection, "chain", "arn:forecast")
        groups.move_pointer(connection, "chain", "arn:forecast")
        groups.raise_runs_version(connection, "chain")

    group, other = read(imported), read(imported, "other")
    assert group is not None
    assert other is not None
    assert group.pointer == Pointer(2, 1, 1, "arn:forecast")
    assert other.pointer == Pointer(0, 0, 1, None)


def test_the_fast_reader_and_the_group_give_the_same_pointer(database: Database) -> None:
    group = replace(
        CHAIN, data_version=5, current_forecast_arn="arn:forecast", version=6, runs_version=7
    )
    with database.write() as connection:
        groups.record_import(connection, group)
    reader = PointerReader(database, "chain")

    assert reader.read() == group.pointer == Pointer(6, 7, 5, "arn:forecast")
    reader.close()


def test_served_forecasts_stay_the_served_ones_while_they_are_locked(imported: Database) -> None:
    with imported.write() as connection:
        groups.move_pointer(connection, "chain", "arn:first")
    moving = threading.Thread(target=move, args=(imported, "other", "arn:second"))
    with imported.write() as connection:
        locked = groups.served_forecasts(connection, lock=True)
        moving.start()
        moving.join(0.3)
        selected = groups.served_forecasts(connection)
    moving.join()

    assert (locked, selected) == ({"arn:first"}, {"arn:first"})
    with imported.read() as connection:
        after = groups.served_forecasts(connection)
    assert after == {"arn:first", "arn:second"}


def move(database: Database, name: str, forecast: str) -> None:
    with database.write() as connection:
        groups.move_pointer(connection, name, forecast)
