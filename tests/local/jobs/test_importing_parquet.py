"""Import jobs: accepted and refused Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ..support import World, demands, failure


def parquet(world: World, columns: dict[str, pa.Array], name: str = "part-0.parquet") -> str:
    path = world.settings.home / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return world.put_file(path)


def times(*texts: str) -> pa.Array:
    return pa.array(texts).cast(pa.timestamp("s"))


def test_parquet_columns_match_by_name_in_any_numeric_type(world: World, target: str) -> None:
    columns = {
        "Demand": pa.array([5, None], pa.int16()),
        "timestamp": pa.array(["2015-01-01", "2015-01-02"]),
        "item_id": pa.array([1, 1]),
    }

    world.import_rows(target, parquet(world, columns), Format="PARQUET")

    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): None}


CANONICAL = {
    "item_id": pa.array(["1", "1"]),
    "timestamp": times("2015-01-01", "2015-01-02"),
    "demand": pa.array([5.0, 6.5]),
}


def test_a_canonical_file_of_the_service_becomes_the_snapshot_itself(
    world: World, target: str
) -> None:
    uri = f"s3://{world.settings.bucket}/imports/one/part-0.parquet"
    world.bucket.put(world.bucket.path_of(parquet(world, CANONICAL)), uri)

    world.import_rows(target, uri, Format="PARQUET")

    snapshots = list((world.settings.home / "snapshots").iterdir())
    assert [path.samefile(world.bucket.path_of(uri)) for path in snapshots] == [True]
    assert demands(world, target) == {("1", "2015-01-01"): 5.0, ("1", "2015-01-02"): 6.5}


def test_a_file_of_others_can_be_overwritten_after_its_import(world: World, target: str) -> None:
    uri = parquet(world, CANONICAL)
    world.import_rows(target, uri, Format="PARQUET")

    world.bucket.path_of(uri).write_bytes(b"overwritten in place")

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
def test_parquet_times_and_texts_of_any_kind_are_accepted(
    world: World, target: str, values: pa.Array, text: pa.DataType
) -> None:
    items = pa.array(["1", "1"], pa.large_string()).dictionary_encode().cast(text)
    columns = {"item_id": items, "timestamp": values, "demand": pa.array([5.0, 6.0])}

    world.import_rows(target, parquet(world, columns), Format="PARQUET")

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
            "File 'part-0.parquet': column 'demand' has type string, but the schema has float. "
            "Write the column with that type.",
        ),
        (
            {"demand": pa.array([5.0, float("inf")])},
            "File 'part-0.parquet', row 2: 'demand' is 'inf', which is not a finite float.",
        ),
        (
            {"timestamp": pa.array([1, 2], pa.time32("ms"))},
            "File 'part-0.parquet': column 'timestamp' has type time32[ms], but the schema has "
            "timestamp. Write the column with that type.",
        ),
        (
            {"timestamp": pa.array(["2015-01-01", "soon"])},
            "File 'part-0.parquet', row 2: 'timestamp' is 'soon', which is not a time written as "
            "'yyyy-MM-dd'.",
        ),
        (
            {"item_id": pa.array(["1", None])},
            "File 'part-0.parquet', row 2: 'item_id' is empty. Every row needs a value there.",
        ),
        (
            {"item_id": pa.array([["1"], ["2"]])},
            "File 'part-0.parquet': column 'item_id' has type list<element: string>, but the "
            "schema has string. Write the column with that type.",
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

    assert message.startswith("File 'cut.parquet' cannot be read as Parquet: ")
