"""Dataset groups: changes by an import, a moved pointer and an ended run."""

from __future__ import annotations

import threading
from dataclasses import replace

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


def test_absent_texts_are_null_to_the_database(imported: Database) -> None:
    with imported.read() as connection:
        query = sa.text("SELECT name FROM dataset_groups WHERE texts IS NULL")
        assert connection.execute(query).scalars().all() == ["other"]


def test_a_later_import_keeps_kind_horizon_and_served_forecast(
    imported: Database,
) -> None:
    later = DatasetGroup("chain", "arn:new", 7, "D", ("price",), False, None, "2024-02-01")
    with imported.write() as connection:
        groups.move_pointer(connection, "chain", "arn:forecast")
        groups.record_import(connection, later)

    assert read(imported) == replace(
        CHAIN,
        arn="arn:new",
        covariates=("price",),
        texts=None,
        last_sale_on="2024-02-01",
        data_version=2,
        current_forecast_arn="arn:forecast",
        version=1,
    )


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
