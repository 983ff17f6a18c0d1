"""Import jobs: rows from files, field statistics, and import modes."""

from __future__ import annotations

import pytest

from forecast_service.local import catalog
from forecast_service.storage import manifest, snapshots
from forecast_service.storage.snapshots import SnapshotStore

from ..support import GOOD, METADATA, World, demands, failure, rows, sales


def test_a_file_becomes_rows_by_the_position_of_its_columns(world: World, target: str) -> None:
    job = world.import_rows(target, world.put(GOOD))

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): 6.5}
    assert job.details["version"] == 1


@pytest.mark.parametrize(
    "header", ["item_id,timestamp,demand\n", "Store,Date,Sales\n", "\ufeffa,b,c\n"]
)
def test_a_first_line_of_names_is_skipped(world: World, target: str, header: str) -> None:
    world.import_rows(target, world.put(header + GOOD))

    assert len(rows(world, target)) == 2


def test_a_header_of_item_metadata_is_recognised_by_its_names(world: World) -> None:
    dataset = world.dataset("items", METADATA, {"item_id": "string", "category": "string"})

    world.import_rows(dataset, world.put("item_id,category\n1,food\n"))

    assert rows(world, dataset) == [("1", "food")]


def test_a_folder_means_every_file_in_it(world: World, target: str) -> None:
    world.put("1,2015-01-01,5\n", "part-0.csv", "folder")
    world.put("2,2015-01-01,6\n", "part-1.csv", "folder")
    world.put("nothing", "_SUCCESS", "folder")

    world.import_rows(target, "s3://sales/folder/")

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("2", "2015-01-01"): 6.0}


def test_an_empty_field_is_missing_and_nan_is_counted_separately(world: World, target: str) -> None:
    job = world.import_rows(target, world.put("1,2015-01-01,\n1,2015-01-02,NaN\n1,2015-01-03,4\n"))

    statistics = job.details["field_statistics"]["demand"]
    assert (statistics["Count"], statistics["CountNull"], statistics["CountNan"]) == (2, 1, 1)


def test_field_statistics_are_those_of_describe(world: World, target: str) -> None:
    text = "1,2015-01-01 01:00:00,1\n2,2015-01-02 02:00:00,2\n2,2015-01-03 00:00:00,6\n"

    job = world.import_rows(target, world.put(text), TimestampFormat="yyyy-MM-dd HH:mm:ss")

    counts = {"Count": 3, "CountDistinct": 3, "CountNull": 0}
    long = {"CountLong": 3, "CountDistinctLong": 3, "CountNullLong": 0}
    assert job.details["field_statistics"] == {
        "item_id": {**counts, **long, "CountDistinct": 2, "CountDistinctLong": 2},
        "timestamp": {
            **counts,
            **long,
            "Min": "2015-01-01T01:00:00Z",
            "Max": "2015-01-03T00:00:00Z",
        },
        "demand": {
            **counts,
            **long,
            "CountNan": 0,
            "CountNanLong": 0,
            "Min": "1.0",
            "Max": "6.0",
            "Avg": 3.0,
            "Stddev": pytest.approx(2.6457513110645907),
        },
    }


@pytest.mark.parametrize(
    ("timestamp_format", "text"),
    [
        ("yyyy-MM-dd", "2015-03-01"),
        ("yyyy-MM-dd HH:mm:ss", "2015-03-01 00:00:00"),
        ("yyyy-MM-dd hh:mm:ss", "2015-03-01 00:00:00"),
        ("dd.MM.yyyy", "01.03.2015"),
        ("yyyy-MM-dd'T'HH:mm:ss", "2015-03-01T00:00:00"),
    ],
)
def test_times_are_read_by_the_timestamp_format(
    world: World, target: str, timestamp_format: str, text: str
) -> None:
    world.import_rows(target, world.put(f"1,{text},5\n"), TimestampFormat=timestamp_format)

    assert demands(world, target) == {("1", "2015-03-01"): 5.0}


def test_full_replaces_everything(world: World, target: str) -> None:
    world.import_rows(target, world.put(GOOD))
    world.import_rows(target, world.put("2,2015-01-05,9\n"))

    assert demands(world, target) == {("2", "2015-01-05"): 9.0}


def test_incremental_adds_rows_and_replaces_those_with_the_same_series_and_time(
    world: World, target: str
) -> None:
    world.import_rows(target, world.put(GOOD))

    job = world.import_rows(
        target, world.put("1,2015-01-02,60\n1,2015-01-03,7\n"), ImportMode="INCREMENTAL"
    )

    assert list(demands(world, target).values()) == [5.0, 60.0, 7.0]
    assert job.details["version"] == 2


def test_an_incremental_import_without_data_fails(world: World, target: str) -> None:
    message = failure(world, target, world.put(GOOD), ImportMode="INCREMENTAL")

    assert message == (
        "Dataset 'demand' has no data yet, so rows cannot be added. "
        "Import with ImportMode FULL first."
    )


def test_two_rows_of_one_series_and_time_are_both_kept(world: World, target: str) -> None:
    world.import_rows(target, world.put("1,2015-01-01,5\n1,2015-01-01,6\n"))

    assert [demand for _, _, demand in rows(world, target)] == [5.0, 6.0]


def test_many_small_imports_are_compacted(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "COMPACT_AFTER", 2)
    world.import_rows(target, world.put("1,2015-01-01,0\n"))
    for number in range(1, 4):
        world.import_rows(
            target, world.put(f"1,2015-02-{number:02d},{number}\n"), ImportMode="INCREMENTAL"
        )

    store = SnapshotStore(world.database, world.settings.home)
    assert [demand for _, _, demand in rows(world, target)] == [*range(4)]
    assert store.compact(target) is False
    assert len(store.sweep(catalog.used_snapshots, grace_seconds=0)) == 3
    assert [demand for _, _, demand in rows(world, target)] == [*range(4)]


def test_a_recreated_dataset_repeats_no_version_that_a_predictor_used(
    world: World, target: str
) -> None:
    world.import_rows(target, world.put(sales()))
    world.perform(world.predictor())
    with world.database.write() as connection:
        manifest.delete(connection, target)

    again = world.import_rows(target, world.put(sales()))

    assert again.details["version"] == 2
