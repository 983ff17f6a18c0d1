"""Object stores: a folder and S3 keep the same promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from forecast_service.errors import InvalidData
from forecast_service.settings import Settings
from forecast_service.storage.objects.object_store import (
    FolderStore,
    ObjectStore,
    each_opened,
    find_objects,
    open_store,
)
from forecast_service.storage.objects.s3_store import S3Store

Put = Callable[[str, str], None]


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> ObjectStore:
    """The store of the bucket ``chain``, which exists and is empty."""
    if request.param == "s3":
        request.getfixturevalue("simulated_aws")
    else:
        (settings.home / "s3" / "chain").mkdir(parents=True)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return open_store(settings, {"Path": "s3://chain/sales"}, scratch)


@pytest.fixture
def put(store: ObjectStore, tmp_path: Path) -> Put:
    """A function that stores a text under a key."""

    def put(key: str, text: str) -> None:
        file = tmp_path / "source"
        file.write_text(text)
        store.put(file, f"s3://chain/{key}")
        file.unlink()

    return put


def read(store: ObjectStore, uri: str) -> dict[str, str]:
    """Name and content of every object at an address, in the order in which they are opened."""
    return {path.name: path.read_text() for path in each_opened(store, store.find(uri))}


def addresses(found: Sequence[object]) -> list[str]:
    return [getattr(one, "uri", "") for one in found]


def test_an_address_of_an_object_means_this_object(store: ObjectStore, put: Put) -> None:
    put("sales/a.csv", "1")
    put("sales/a.csv.old", "2")

    found = store.find("s3://chain/sales/a.csv")

    assert [(one.uri, one.name, one.size_bytes) for one in found] == [
        ("s3://chain/sales/a.csv", "a.csv", 1)
    ]
    assert read(store, "s3://chain/sales/a.csv") == {"a.csv": "1"}


@pytest.mark.parametrize("uri", ["s3://chain/sales", "s3://chain/sales/"])
def test_an_address_of_a_folder_means_all_in_it(store: ObjectStore, put: Put, uri: str) -> None:
    put("sales/b.csv", "b")
    put("sales/a/x.csv", "x")
    put("sales-old/c.csv", "c")
    put("sales.csv", "d")

    assert list(read(store, uri).items()) == [("x.csv", "x"), ("b.csv", "b")]


def test_a_whole_bucket_can_be_read(store: ObjectStore, put: Put) -> None:
    put("a.csv", "a")
    put("deep/er/b.csv", "b")

    assert read(store, "s3://chain") == read(store, "s3://chain/") == {"a.csv": "a", "b.csv": "b"}


def test_markers_are_no_data(store: ObjectStore, put: Put) -> None:
    put("sales/_SUCCESS", "")
    put("sales/.part", "")
    put("sales/a.csv", "a")

    assert read(store, "s3://chain/sales") == {"a.csv": "a"}


def test_an_object_with_more_blocks_than_one_arrives_whole(store: ObjectStore, put: Put) -> None:
    text = "0123456789abcdef" * (1024 * 1024)  # two parts of a download

    put("sales/a.csv", text)

    assert read(store, "s3://chain/sales") == {"a.csv": text}


def test_what_is_put_twice_is_replaced(store: ObjectStore, put: Put) -> None:
    put("sales/a.csv", "old")
    put("sales/a.csv", "new")

    assert read(store, "s3://chain/sales") == {"a.csv": "new"}


def test_an_empty_object_can_be_put(store: ObjectStore, put: Put) -> None:
    put("sales/empty.csv", "")

    assert [one.size_bytes for one in store.find("s3://chain/sales")] == [0]


def test_no_objects_are_refused_in_the_words_of_amazon(store: ObjectStore) -> None:
    with pytest.raises(InvalidData) as caught:
        find_objects(store, "s3://chain/sales/nothing")

    assert caught.value.detail == (
        "No objects found in s3 path s3://chain/sales/nothing, please ensure the path is specified "
        "correctly. A folder in FORECAST_S3_FOLDER with the name of a bucket takes the place of "
        "that bucket."
    )


@pytest.mark.parametrize("uri", ["s3://", "/etc/passwd", "file:///etc/passwd", "sales/a.csv"])
def test_other_addresses_are_refused(settings: Settings, tmp_path: Path, uri: str) -> None:
    with pytest.raises(InvalidData, match="is not an address in a bucket"):
        open_store(settings, {"Path": uri}, tmp_path)


def test_only_a_bucket_that_exists_as_a_folder_is_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, s3_folder=tmp_path / "buckets")
    (tmp_path / "buckets" / "chain").mkdir(parents=True)
    (tmp_path / "s3" / "other").mkdir(parents=True)

    here = open_store(settings, {"Path": "s3://chain/sales"}, tmp_path)
    there = open_store(settings, {"Path": "s3://other/sales"}, tmp_path)

    assert isinstance(here, FolderStore)
    assert isinstance(there, S3Store)
