"""The local bucket: files are stored by address, always inside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_service.errors import InvalidData
from forecast_service.storage.bucket import LocalBucket


def test_put_makes_the_file_readable_under_its_address(tmp_path: Path) -> None:
    source = tmp_path / "part-0.csv"
    source.write_text("1,2015-01-01,5\n")
    bucket = LocalBucket(tmp_path / "home")

    bucket.put(source, "s3://sales/imports/a/part-0.csv")

    assert bucket.path_of("s3://sales/imports/a/part-0.csv").read_text() == "1,2015-01-01,5\n"
    assert [p.name for p in bucket.path_of("s3://sales/imports/a/").iterdir()] == ["part-0.csv"]


def test_put_replaces_an_older_file_and_leaves_the_older_source_alone(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    bucket = LocalBucket(tmp_path / "home")

    bucket.put(old, "s3://sales/file")
    bucket.put(new, "s3://sales/file")

    assert bucket.path_of("s3://sales/file").read_text() == "new"
    assert old.read_text() == "old"


def test_a_discarded_folder_is_deleted(tmp_path: Path) -> None:
    source = tmp_path / "part-0.csv"
    source.write_text("1,2015-01-01,5\n")
    bucket = LocalBucket(tmp_path / "home")
    bucket.put(source, "s3://sales/imports/a/part-0.csv")

    bucket.discard("s3://sales/imports/a/")
    bucket.discard("s3://sales/imports/a/")

    assert not bucket.path_of("s3://sales/imports/a/").exists()
    assert source.exists()


@pytest.mark.parametrize("uri", ["s3://sales/../../secret", "s3://../x", "s3://sales/a/./b"])
def test_path_of_refuses_to_leave_the_bucket(tmp_path: Path, uri: str) -> None:
    with pytest.raises(InvalidData, match="points outside its bucket"):
        LocalBucket(tmp_path).path_of(uri)


@pytest.mark.parametrize("uri", ["s3://", "/etc/passwd", "file:///etc/passwd", "sales/a.csv"])
def test_path_of_refuses_other_addresses(tmp_path: Path, uri: str) -> None:
    with pytest.raises(InvalidData, match="is not an address in a bucket"):
        LocalBucket(tmp_path).path_of(uri)


def test_path_of_treats_repeated_slashes_as_one(tmp_path: Path) -> None:
    assert LocalBucket(tmp_path).path_of("s3://sales//etc/passwd") == (
        tmp_path / "s3" / "sales" / "etc" / "passwd"
    )
