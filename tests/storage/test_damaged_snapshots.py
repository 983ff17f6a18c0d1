"""Snapshots: a file that is not as it was written is never read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from damage import DAMAGES, flipped_copies

from forecast_service.errors import DamagedData
from forecast_service.settings import Settings
from forecast_service.storage import manifest
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import COMPACT_AFTER, SnapshotStore

DATASET = "sales:chain"
BITS = 2000


@pytest.fixture
def store(database: Database, settings: Settings) -> SnapshotStore:
    """A dataset with a base and a delta."""
    store = SnapshotStore(database, settings.home)
    add(store, "base", [float(day) for day in range(40)])
    add(store, "delta", [5.0])
    return store


def add(store: SnapshotStore, kind: str, demand: list[float]) -> None:
    staged = store.stage(pa.table({"day": list(range(len(demand))), "demand": demand}))
    with store.database.write() as connection:
        manifest.add(connection, DATASET, kind, staged, key=("day",))


def file_of(store: SnapshotStore, version: int) -> Path:
    return store.home / store.verified(DATASET)[version - 1].path


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_damage_is_noticed_on_reading(
    store: SnapshotStore, damage: Callable[[Path], None], version: int
) -> None:
    assert store.read(DATASET).num_rows == 40  # so that the checksum is remembered
    damage(file_of(store, version))

    with pytest.raises(DamagedData) as caught:
        store.read(DATASET)
    assert caught.value.detail.startswith(
        f"The stored data '{DATASET}' cannot be used: version {version} "
    )
    assert str(store.home) not in caught.value.detail


def test_no_flipped_bit_is_read_as_other_data(store: SnapshotStore) -> None:
    path = file_of(store, 1)
    noticed = 0
    for flipped in flipped_copies(path.read_bytes(), BITS):
        path.write_bytes(flipped)
        with pytest.raises(DamagedData):
            store.read(DATASET)
        noticed += 1

    assert noticed == BITS


def test_a_repaired_file_is_read_again(store: SnapshotStore) -> None:
    path = file_of(store, 1)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(DamagedData, match="version 1 is damaged"):
        store.read(DATASET)
    path.write_bytes(content)

    assert store.read(DATASET).num_rows == 40


def test_damaged_files_are_not_compacted(store: SnapshotStore) -> None:
    for number in range(COMPACT_AFTER):
        add(store, "delta", [float(number)])
    file_of(store, 3).unlink()

    with pytest.raises(DamagedData, match="version 3 is missing"):
        store.compact(DATASET)


def test_a_new_base_is_read_although_older_files_are_lost(store: SnapshotStore) -> None:
    file_of(store, 1).unlink()
    add(store, "base", [1.0, 2.0])

    assert store.read(DATASET)["demand"].to_pylist() == [1.0, 2.0]
