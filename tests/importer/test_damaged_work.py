"""The working files of an import between two of its steps: damage ends it, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from damage import DAMAGES
from support import naive, work, write_sales

from forecast_service.errors import DamagedData
from forecast_service.importer.imports import Imports
from forecast_service.importer.plan import read_plan
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.snapshots import SnapshotStore

Damage = Callable[[Path], None]


@pytest.fixture
def imports(database: Database, settings: Settings) -> Imports:
    return Imports(database, settings, open_session(naive(settings), database))


@pytest.fixture
def loading(imports: Imports, settings: Settings, tmp_path: Path, queue: Queue) -> str:
    """An import that has been read and is to be loaded."""
    sales = write_sales(tmp_path / "sales.csv", range(1, 3), range(60))
    import_id = imports.request({"sales": sales})
    claim = queue.claim(new_id(), ["import"])
    assert claim is not None
    imports.perform(queue, claim)
    assert imports.get(import_id)["state"] == "loading"
    return import_id


@pytest.mark.quick(6)
@pytest.mark.parametrize("name", ["plan.json", "target.parquet", "related.parquet"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_working_file_ends_the_import(
    imports: Imports,
    loading: str,
    settings: Settings,
    database: Database,
    damage: Damage,
    name: str,
) -> None:
    damage(settings.home / "imports" / loading / name)
    work(settings)

    document = imports.get(loading)
    assert document["state"] == "failed"
    assert document["error"]["detail"].startswith(f"'{name}', a working file of this import, ")
    assert document["error"]["detail"].endswith("Import the same files again.")
    assert SnapshotStore(database, settings.home).files() == []


def test_an_undamaged_import_is_loaded(imports: Imports, loading: str, settings: Settings) -> None:
    assert set(read_plan(settings.home / "imports" / loading).files) >= {"target.parquet"}
    work(settings)

    assert imports.get(loading)["state"] == "done"


@pytest.mark.parametrize("damage", ["emptied", "removed", "folder", "unreadable"])
def test_a_lost_file_of_a_waiting_import_is_a_sentence(
    imports: Imports, settings: Settings, tmp_path: Path, damage: str
) -> None:
    sales = write_sales(tmp_path / "sales.csv", range(1, 3), range(60))
    import_id = imports.request({"sales": sales})
    DAMAGES[damage](settings.home / "imports" / import_id / "sales" / "sales.csv")
    work(settings)

    document = imports.get(import_id)
    assert document["state"] == "failed"
    assert "'sales.csv'" in document["error"]["detail"]
    assert str(settings.home) not in document["error"]["detail"]


def test_a_plan_without_its_checksum_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")

    with pytest.raises(DamagedData, match=r"^'plan\.json', a working file"):
        read_plan(tmp_path)
