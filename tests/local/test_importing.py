"""Import jobs: what files become rows, what they are described as, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast_service.database import Database
from forecast_service.local import snapshots
from forecast_service.local.snapshots import SnapshotStore
from forecast_service.queue import Queue
from forecast_service.settings import Settings

from .support import METADATA, RELATED, TARGET, TARGET_FIELDS, World

GOOD = "1,2015-01-01,5\n1,2015-01-02,6.5\n"
RELATED_FIELDS = {"item_id": "string", "timestamp": "timestamp", "promo": "integer"}


@pytest.fixture
def world(database: Database, settings: Settings, queue: Queue) -> World:
    return World(database, settings, queue)


@pytest.fixture
def target(world: World) -> str:
    return world.dataset("demand", TARGET, TARGET_FIELDS)


def rows(world: World, dataset: str) -> list[tuple[Any, ...]]:
    table = SnapshotStore(world.database, world.settings.home).read(dataset)
    return [tuple(row.values()) for row in table.to_pylist()]


def failure(world: World, dataset: str, uri: str, **overrides: Any) -> str:
    """Message of an import that must fail and leave no data."""
    before = SnapshotStore(world.database, world.settings.home).version(dataset)
    job = world.perform(world.import_job(dataset, uri, **overrides))
    assert job.status == "CREATE_FAILED"
    assert SnapshotStore(world.database, world.settings.home).version(dataset) == before
    assert job.message is not None
    return job.message


def demands(world: World, dataset: str) -> dict[tuple[str, str], Any]:
    return {(item, str(at.date())): demand for item, at, demand in rows(world, dataset)}


def test_a_file_becomes_rows_by_the_position_of_its_columns(world: World, target: str) -> None:
    job = world.imported(target, world.put(GOOD))

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): 6.5}
    assert job.details["version"] == 1


@pytest.mark.parametrize(
    "header", ["item_id,timestamp,demand\n", "Store,Date,Sales\n", "\ufeffa,b,c\n"]
)
def test_a_first_line_of_names_is_skipped(world: World, target: str, header: str) -> None:
    world.imported(target, world.put(header + GOOD))

    assert len(rows(world, target)) == 2


def test_a_header_of_item_metadata_is_known_by_its_names(world: World) -> None:
    dataset = world.dataset("items", METADATA, {"item_id": "string", "category": "string"})

    world.imported(dataset, world.put("item_id,category\n1,food\n"))

    assert rows(world, dataset) == [("1", "food")]


def test_a_folder_means_every_file_in_it(world: World, target: str) -> None:
    world.put("1,2015-01-01,5\n", "part-0.csv", "folder")
    world.put("2,2015-01-01,6\n", "part-1.csv", "folder")
    world.put("nothing", "_SUCCESS", "folder")

    world.imported(target, "s3://sales/folder/")

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("2", "2015-01-01"): 6.0}


def test_an_empty_field_is_missing_and_nan_is_counted_apart(world: World, target: str) -> None:
    job = world.imported(target, world.put("1,2015-01-01,\n1,2015-01-02,NaN\n1,2015-01-03,4\n"))

    statistics = job.details["field_statistics"]["demand"]
    assert (statistics["Count"], statistics["CountNull"], statistics["CountNan"]) == (2, 1, 1)


def test_field_statistics_are_those_of_describe(world: World, target: str) -> None:
    text = "1,2015-01-01 01:00:00,1\n2,2015-01-02 02:00:00,2\n2,2015-01-03 00:00:00,6\n"

    job = world.imported(target, world.put(text), TimestampFormat="yyyy-MM-dd HH:mm:ss")

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
    world.imported(target, world.put(f"1,{text},5\n"), TimestampFormat=timestamp_format)

    assert demands(world, target) == {("1", "2015-03-01"): 5.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1,2015-01-01,5\n1,2015-01-02\n",
            "File 'part-0.csv', line 2: 2 fields were found, the schema has 3 "
            "(item_id, timestamp, demand). Write one field per column of the schema, in its order.",
        ),
        (
            "1,2015-01-01,5\n\n1,2015-02-30,6\n",
            "File 'part-0.csv', line 3: 'timestamp' is '2015-02-30', which is no time written as "
            "'yyyy-MM-dd'. Correct it or TimestampFormat.",
        ),
        (
            "1,2015-01-01,5\n1,2015-01-02 00:00:00,6\n",
            "File 'part-0.csv', line 2: 'timestamp' is '2015-01-02 00:00:00', which is no time "
            "written as 'yyyy-MM-dd'. Correct it or TimestampFormat.",
        ),
        (
            "1,2015-01-01,5\n1,2015-01-02,many\n",
            "File 'part-0.csv', line 2: 'demand' is 'many', which is no float. Write a number, "
            "'NaN', or nothing for a missing value.",
        ),
        (
            "1,2015-01-01,5\n1,2015-01-02,inf\n",
            "File 'part-0.csv', line 2: 'demand' is 'inf', which is not finite.",
        ),
        (
            "1,2015-01-01,5\n,2015-01-02,6\n",
            "File 'part-0.csv', line 2: 'item_id' is empty. Every row needs 'item_id', "
            "'timestamp'.",
        ),
        ("", "File 'part-0.csv' is empty. Write one line per item and time."),
        (
            "item_id,timestamp,demand\n",
            "'part-0.csv' holds no row. Write at least one line per item and time.",
        ),
    ],
)
def test_a_wrong_file_fails_with_its_first_wrong_line(
    world: World, target: str, text: str, message: str
) -> None:
    assert failure(world, target, world.put(text)) == message


def test_one_wrong_file_of_a_folder_fails_the_whole_import(world: World, target: str) -> None:
    world.put(GOOD, "part-0.csv", "folder")
    world.put("1,2015-01-01,x\n1,2015-01-02,y\n", "part-1.csv", "folder")

    assert failure(world, target, "s3://sales/folder").startswith("File 'part-1.csv', line 1: 'd")


def test_a_feature_of_whole_numbers_refuses_a_fraction(world: World) -> None:
    dataset = world.dataset("related", RELATED, RELATED_FIELDS)

    message = failure(world, dataset, world.put("1,2015-01-01,1\n1,2015-01-02,0.5\n"))

    assert message.startswith("File 'part-0.csv', line 2: 'promo' is '0.5', which is no integer.")


def test_bytes_that_are_no_utf8_are_refused_by_line(world: World, target: str) -> None:
    path = world.settings.home / "latin.csv"
    path.write_bytes(b"1,2015-01-01,5\nK\xf6ln,2015-01-01,6\n")

    message = failure(world, target, world.put_file(path))

    assert message == (
        "File 'latin.csv', line 2: byte 0xf6 is no UTF-8. Save the file with the encoding UTF-8."
    )


def test_a_line_without_end_is_refused(world: World, target: str) -> None:
    message = failure(world, target, world.put("1" * 200_000))

    assert message.startswith("File 'part-0.csv' is no CSV: ")


def test_a_picture_is_refused(world: World, target: str) -> None:
    path = world.settings.home / "shop.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))

    assert failure(world, target, world.put_file(path)).startswith("File 'shop.png', line 1: byte")


def test_a_truncated_gzip_is_refused(world: World, target: str) -> None:
    path = world.settings.home / "cut.csv.gz"
    packed = gzip.compress(
        "".join(f"1,2015-01-01,{n * 7919 % 1000}\n" for n in range(5000)).encode()
    )
    path.write_bytes(packed[: len(packed) // 2])

    assert failure(world, target, world.put_file(path)).startswith("File 'cut.csv.gz'")


def test_a_place_without_files_is_refused(world: World, target: str) -> None:
    message = failure(world, target, "s3://sales/nothing/here")

    assert message == (
        "'s3://sales/nothing/here' holds no file. Put the data there first; in the local bucket "
        "this is 's3/sales/nothing/here' in FORECAST_HOME."
    )


def test_a_place_outside_the_bucket_is_refused(world: World, target: str) -> None:
    assert "points out of its bucket" in failure(world, target, "s3://sales/../../forecast.db")


def test_an_unknown_letter_in_the_timestamp_format_is_refused(world: World, target: str) -> None:
    message = failure(world, target, world.put(GOOD), TimestampFormat="yyyy-DDD")

    assert message == (
        "Timestamp format 'yyyy-DDD' holds 'DDD', which is not understood. "
        "Use 'yyyy-MM-dd' or 'yyyy-MM-dd HH:mm:ss'."
    )


# --- Parquet ---------------------------------------------------------------------------------


def parquet(world: World, columns: dict[str, pa.Array], name: str = "part-0.parquet") -> str:
    path = world.settings.home / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return world.put_file(path)


def times(*texts: str) -> pa.Array:
    return pa.array(texts).cast(pa.timestamp("s"))


def test_parquet_columns_are_found_by_name_and_taken_in_any_numeric_type(
    world: World, target: str
) -> None:
    columns = {
        "Demand": pa.array([5, None], pa.int16()),
        "timestamp": pa.array(["2015-01-01", "2015-01-02"]),
        "item_id": pa.array([1, 1]),
    }

    world.imported(target, parquet(world, columns), Format="PARQUET")

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): None}


def test_a_canonical_parquet_file_becomes_the_snapshot_itself(world: World, target: str) -> None:
    columns = {
        "item_id": pa.array(["1", "1"]),
        "timestamp": times("2015-01-01", "2015-01-02"),
        "demand": pa.array([5.0, 6.5]),
    }
    uri = parquet(world, columns)

    world.imported(target, uri, Format="PARQUET")

    snapshots = list((world.settings.home / "snapshots").iterdir())
    assert [path.samefile(world.bucket.path_of(uri)) for path in snapshots] == [True]
    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): 6.5}


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["2015-01-01", "2015-01-02"]),
        pa.array([1420070400000000001, 1420156800000000001], pa.timestamp("ns")),
        pa.array([1420070400, 1420156800], pa.timestamp("s", tz="UTC")),
        pa.array([16436, 16437], pa.int32()).cast(pa.date32()),
    ],
)
@pytest.mark.parametrize("text", [pa.large_string(), pa.dictionary(pa.int8(), pa.large_string())])
def test_parquet_times_and_texts_of_any_kind_are_taken(
    world: World, target: str, values: pa.Array, text: pa.DataType
) -> None:
    items = pa.array(["1", "1"], pa.large_string()).dictionary_encode().cast(text)
    columns = {"item_id": items, "timestamp": values, "demand": pa.array([5.0, 6.0])}

    world.imported(target, parquet(world, columns), Format="PARQUET")

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): 6.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"demand": None},
            "File 'part-0.parquet' has the columns item_id, timestamp; the schema has item_id, "
            "timestamp, demand. Write exactly the columns of the schema.",
        ),
        (
            {"demand": pa.array(["5", "x"])},
            "File 'part-0.parquet': column 'demand' is of the type string; the schema says float. "
            "Write it with that type.",
        ),
        (
            {"demand": pa.array([5.0, float("inf")])},
            "File 'part-0.parquet', row 2: 'demand' is 'inf', which is no finite float.",
        ),
        (
            {"timestamp": pa.array([1, 2], pa.time32("ms"))},
            "File 'part-0.parquet': column 'timestamp' is of the type time32[ms]; the schema says "
            "timestamp. Write it with that type.",
        ),
        (
            {"timestamp": pa.array(["2015-01-01", "soon"])},
            "File 'part-0.parquet', row 2: 'timestamp' is 'soon', which is no time written as "
            "'yyyy-MM-dd'.",
        ),
        (
            {"item_id": pa.array(["1", None])},
            "File 'part-0.parquet', row 2: 'item_id' is empty. Every row needs a value there.",
        ),
        (
            {"item_id": pa.array([["1"], ["2"]])},
            "File 'part-0.parquet': column 'item_id' is of the type list<element: string>; the "
            "schema says string. Write it with that type.",
        ),
    ],
)
def test_a_wrong_parquet_file_fails_with_its_first_wrong_row(
    world: World, target: str, change: dict[str, Any], message: str
) -> None:
    columns = {
        "item_id": pa.array(["1", "1"]),
        "timestamp": times("2015-01-01", "2015-01-02"),
        "demand": pa.array([5.0, 6.5]),
        **change,
    }
    kept = {name: values for name, values in columns.items() if values is not None}

    assert failure(world, target, parquet(world, kept), Format="PARQUET") == message


def test_a_truncated_parquet_file_is_refused(world: World, target: str, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"item_id": ["1"] * 1000}), whole)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-100])

    message = failure(world, target, world.put_file(cut), Format="PARQUET")

    assert message.startswith("File 'cut.parquet' is no readable Parquet file: ")


# --- modes -----------------------------------------------------------------------------------


def test_full_replaces_everything(world: World, target: str) -> None:
    world.imported(target, world.put(GOOD))
    world.imported(target, world.put("2,2015-01-05,9\n"))

    assert demands(world, target) == {("2", "2015-01-05"): 9.0}


def test_incremental_adds_rows_and_replaces_those_with_the_same_series_and_time(
    world: World, target: str
) -> None:
    world.imported(target, world.put(GOOD))

    job = world.imported(
        target, world.put("1,2015-01-02,60\n1,2015-01-03,7\n"), ImportMode="INCREMENTAL"
    )

    assert list(demands(world, target).values()) == [5.0, 60.0, 7.0]
    assert job.details["version"] == 2


def test_incremental_into_nothing_fails(world: World, target: str) -> None:
    message = failure(world, target, world.put(GOOD), ImportMode="INCREMENTAL")

    assert message == (
        "Dataset 'demand' has no data to which rows could be added. "
        "Import with ImportMode FULL first."
    )


def test_two_rows_of_one_series_and_time_are_both_kept(world: World, target: str) -> None:
    world.imported(target, world.put("1,2015-01-01,5\n1,2015-01-01,6\n"))

    assert [demand for _, _, demand in rows(world, target)] == [5.0, 6.0]


def test_many_small_imports_are_compacted_on_the_way(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "COMPACT_AFTER", 2)
    world.imported(target, world.put("1,2015-01-01,0\n"))
    for number in range(1, 4):
        world.imported(
            target, world.put(f"1,2015-02-{number:02d},{number}\n"), ImportMode="INCREMENTAL"
        )

    store = SnapshotStore(world.database, world.settings.home)
    assert [demand for _, _, demand in rows(world, target)] == [*range(4)]
    assert store.compact(target) is False
    assert len(store.sweep(grace_seconds=0)) == 3
    assert [demand for _, _, demand in rows(world, target)] == [*range(4)]
