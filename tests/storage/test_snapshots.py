"""Snapshots: version numbers grow, rows of a version never change, needed files stay."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.settings import Settings
from forecast_service.storage import manifest
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import COMPACT_AFTER, SnapshotStore

SALES = "arn:aws:forecast:eu-west-1:000000000000:dataset/sales"
KEY = ("item_id", "timestamp")

Rows = list[tuple[str, str, float]]


@pytest.fixture
def store(database: Database, settings: Settings) -> SnapshotStore:
    return SnapshotStore(database, settings.home)


def table(rows: Rows) -> pa.Table:
    items, days, demand = zip(*rows, strict=True)
    times = pa.array(list(days)).cast(pa.timestamp("s")).cast(pa.timestamp("ms"))
    return pa.table({"item_id": pa.array(items), "timestamp": times, "demand": pa.array(demand)})


def add(store: SnapshotStore, kind: str, rows: Rows, dataset: str = SALES, after: int = 0) -> int:
    staged = store.stage(table(rows))
    with store.database.write() as connection:
        return manifest.add(connection, dataset, kind, staged, key=KEY, after=after)


def read(store: SnapshotStore, version: int | None = None) -> Rows:
    return [
        (row["item_id"], str(row["timestamp"].date()), row["demand"])
        for row in store.read(SALES, version).to_pylist()
    ]


def remember(store: SnapshotStore, version: int) -> None:
    """A predictor that was trained on a version."""
    with store.database.write() as connection:
        catalog.insert(
            connection,
            arn=f"predictor-{version}",
            type="predictor",
            name="p",
            status="ACTIVE",
            request={},
            details=PredictorDetails(snapshot={SALES: version}),
        )


def test_a_base_reads_as_it_was_written(store: SnapshotStore) -> None:
    rows: Rows = [("1", "2015-01-01", 5.0), ("1", "2015-01-02", 6.0)]

    assert add(store, "base", rows) == 1
    assert read(store) == rows


def test_a_row_of_a_newer_delta_replaces_the_older_one_with_its_key(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 5.0), ("2", "2015-01-01", 7.0)])
    add(store, "delta", [("1", "2015-01-01", 50.0), ("1", "2015-01-02", 6.0)])
    add(store, "delta", [("1", "2015-01-02", 60.0)])

    assert read(store) == [
        ("2", "2015-01-01", 7.0),
        ("1", "2015-01-01", 50.0),
        ("1", "2015-01-02", 60.0),
    ]


def test_rows_with_the_same_key_in_one_file_all_stay(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 5.0), ("1", "2015-01-01", 6.0)])
    add(store, "delta", [("2", "2015-01-01", 1.0), ("2", "2015-01-01", 2.0)])

    assert [demand for _, _, demand in read(store)] == [5.0, 6.0, 1.0, 2.0]


def test_an_older_version_reads_as_before(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 5.0)])
    add(store, "delta", [("1", "2015-01-01", 50.0)])
    add(store, "base", [("9", "2015-01-01", 9.0)])

    assert read(store, 1) == [("1", "2015-01-01", 5.0)]
    assert read(store, 2) == [("1", "2015-01-01", 50.0)]
    assert read(store, 3) == [("9", "2015-01-01", 9.0)]


def test_datasets_have_separate_versions(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 5.0)])

    assert add(store, "base", [("1", "2015-01-01", 5.0)], "sales:store_demand_group") == 1
    assert (store.version(SALES), store.version("unknown")) == (1, 0)


def test_reading_a_version_that_does_not_exist_is_refused(store: SnapshotStore) -> None:
    with pytest.raises(InvalidData, match=f"^Dataset '{SALES}' has no version 0 with data"):
        store.read(SALES)


def test_a_parquet_file_is_taken_without_a_copy(store: SnapshotStore, tmp_path: Path) -> None:
    source = tmp_path / "part-0.parquet"
    pq.write_table(table([("1", "2015-01-01", 5.0)]), source)

    staged = store.stage(source)

    assert os.path.samefile(source, store.home / staged.path)
    assert staged.rows == 1


def test_a_file_that_never_got_its_row_changes_nothing_and_is_swept(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 5.0)])
    orphan = store.stage(table([("1", "2015-01-01", 99.0)]))

    assert read(store) == [("1", "2015-01-01", 5.0)]
    assert store.sweep(catalog.used_snapshots) == []  # its job may commit soon
    assert store.sweep(catalog.used_snapshots, grace_seconds=0) == [store.home / orphan.path]
    assert read(store) == [("1", "2015-01-01", 5.0)]


def test_compaction_changes_no_version_and_leaves_one_file_to_read(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 0.0), ("2", "2015-01-01", 7.0)])
    for number in range(COMPACT_AFTER):
        add(
            store, "delta", [("1", "2015-01-01", float(number)), ("1", f"2015-02-0{number + 1}", 1)]
        )
    versions = range(1, COMPACT_AFTER + 2)
    before = [read(store, version) for version in versions]

    assert store.compact(SALES) is True
    assert [read(store, version) for version in versions] == before
    assert store.compact(SALES) is False
    assert store.version(SALES) == COMPACT_AFTER + 1


def test_sweep_keeps_the_versions_of_predictors_and_deletes_others(store: SnapshotStore) -> None:
    for demand in (1.0, 2.0, 3.0):
        add(store, "base", [("1", "2015-01-01", demand)])
        add(store, "delta", [("1", "2015-01-02", demand)])
    remember(store, 4)

    removed = store.sweep(catalog.used_snapshots, grace_seconds=0)

    assert len(removed) == 2
    assert read(store, 4) == [("1", "2015-01-01", 2.0), ("1", "2015-01-02", 2.0)]
    assert read(store, 6) == [("1", "2015-01-01", 3.0), ("1", "2015-01-02", 3.0)]
    with pytest.raises(InvalidData, match="has no version 2"):
        store.read(SALES, 2)


def test_sweep_leaves_a_version_alone_that_was_replaced_a_moment_ago(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 1.0)])
    add(store, "base", [("1", "2015-01-01", 2.0)])

    assert store.sweep(catalog.used_snapshots) == []
    assert read(store, 1) == [("1", "2015-01-01", 1.0)]


def test_the_files_of_a_deleted_dataset_are_swept(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 1.0)])

    with store.database.write() as connection:
        manifest.delete(connection, SALES)

    assert len(store.sweep(catalog.used_snapshots, grace_seconds=0)) == 1
    assert store.datasets() == []


def test_columns_that_came_later_are_empty_in_older_rows(store: SnapshotStore) -> None:
    add(store, "base", [("1", "2015-01-01", 1.0)])
    newer = table([("1", "2015-01-02", 2.0)]).append_column("promo", pa.array([1.0]))
    staged = store.stage(newer)
    with store.database.write() as connection:
        manifest.add(connection, SALES, "delta", staged, key=KEY)

    assert store.read(SALES)["promo"].to_pylist() == [None, 1.0]


def test_the_versions_of_a_recreated_dataset_continue_after_the_used_one(
    store: SnapshotStore,
) -> None:
    add(store, "base", [("1", "2015-01-01", 1.0)])
    last = add(store, "base", [("1", "2015-01-01", 2.0)])
    with store.database.write() as connection:
        manifest.delete(connection, SALES)

    assert add(store, "base", [("1", "2015-01-01", 3.0)], after=last) == 3
    assert read(store) == [("1", "2015-01-01", 3.0)]
