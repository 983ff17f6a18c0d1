"""Files of exports: parts of bounded size with a header each, and markers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from forecast_service.errors import InvalidData
from forecast_service.local.jobs.exports.export_files import Destination, write_export
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.objects.object_store import FolderStore


@pytest.fixture
def destination(tmp_path: Path) -> Destination:
    """The folder ``out`` of a local bucket, for CSV."""
    (tmp_path / "scratch").mkdir()
    store = FolderStore(LocalBucket(tmp_path / "home"))
    at = 1_580_000_000.9
    return Destination(store, "s3://bucket/out", "CSV", "nightly", at, tmp_path / "scratch")


def block(*names: str) -> pa.Table:
    return pa.table({"item_id": list(names), "p50": [0.5] * len(names)})


def files(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "home" / "s3" / "bucket" / "out"
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(found)}


def test_parts_have_a_bounded_size_and_a_header_each(
    tmp_path: Path, destination: Destination
) -> None:
    parts = write_export(destination, {"": map(block, "abcde")}, part_rows=2)

    assert parts == 3
    assert files(tmp_path) == {
        "_CHECK": "",
        "_SUCCESS": "",
        "nightly_2020-01-26T00-53-20Z_part0.csv": "item_id,p50\na,0.5\nb,0.5\n",
        "nightly_2020-01-26T00-53-20Z_part1.csv": "item_id,p50\nc,0.5\nd,0.5\n",
        "nightly_2020-01-26T00-53-20Z_part2.csv": "item_id,p50\ne,0.5\n",
    }


def test_folders_of_an_export_share_its_markers(tmp_path: Path, destination: Destination) -> None:
    write_export(destination, {"values": [block("a")], "metrics": [block("b")]})

    assert list(files(tmp_path)) == [
        "_CHECK",
        "_SUCCESS",
        "metrics/nightly_2020-01-26T00-53-20Z_part0.csv",
        "values/nightly_2020-01-26T00-53-20Z_part0.csv",
    ]


def test_only_texts_that_need_quotes_have_them(tmp_path: Path, destination: Destination) -> None:
    write_export(destination, {"": [block("a b", "c"), block("d,e", 'f"g', "h\ni", "j")]})

    text = files(tmp_path)["nightly_2020-01-26T00-53-20Z_part0.csv"]
    assert text == 'item_id,p50\na b,0.5\nc,0.5\n"d,e",0.5\n"f""g",0.5\n"h\ni",0.5\nj,0.5\n'


def test_nothing_is_stored_if_a_block_cannot_be_made(
    tmp_path: Path, destination: Destination
) -> None:
    def blocks() -> object:
        yield block("a")
        raise InvalidData("no more")

    with pytest.raises(InvalidData, match="no more"):
        write_export(destination, {"": blocks()}, part_rows=1)  # type: ignore[dict-item]

    assert list(files(tmp_path)) == ["_CHECK"]
