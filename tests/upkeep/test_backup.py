"""Backups and restores while other processes work or die."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest
from support import import_small_chain, naive

from forecast_service.accounts.aws_secrets import AwsSecrets
from forecast_service.accounts.keys import Keys
from forecast_service.errors import InvalidData
from forecast_service.importer import Imports
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import new_id
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.upkeep import backup, maintenance
from forecast_service.upkeep.sweeping import LEDGER, long_unused, sweep


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings)


@pytest.fixture
def chain(settings: Settings, database: Database) -> Settings:
    """An installation with sales."""
    import_small_chain(open_session(settings, database), settings, database)
    return settings


def members(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return opened.getnames()


def left_behind(path: Path) -> Path:
    """A folder with a file in it."""
    path.mkdir(parents=True)
    (path / "sales.csv").write_text("Store,Date,Sales")
    return path


def elsewhere(settings: Settings, home: Path) -> Settings:
    return settings.model_copy(update={"home": home})


def test_a_restored_installation_knows_the_aws_access_keys(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    keys = Keys(database, settings.dataset_group, AwsSecrets(settings.home))
    made, _ = keys.create("sdk", ["read"], aws=True, created_by="test")
    backup.backup(settings, database, tmp_path / "all.tar.gz")
    restored = elsewhere(settings, tmp_path / "restored")

    backup.restore(restored, tmp_path / "all.tar.gz")

    secrets = AwsSecrets(restored.home)
    assert secrets.secret_of(str(made.aws_access_key_id)) == keys.aws_secret(made)
    assert secrets.file.stat().st_mode & 0o077 == 0


def test_a_backup_into_the_home_folder_does_not_contain_itself(
    chain: Settings, database: Database
) -> None:
    target = chain.home / "backup.tar.gz"
    backup.backup(chain, database, target)

    assert not [name for name in members(target) if "backup" in name]


def test_a_file_that_is_deleted_meanwhile_does_not_end_the_backup(
    chain: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = left_behind(chain.home / "imports" / "gone") / "sales.csv"
    add = tarfile.TarFile.add

    def vanishing(archive: tarfile.TarFile, name: Path, *args: object, **kwargs: object) -> None:
        if Path(name) == left:
            left.unlink()
        add(archive, name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(tarfile.TarFile, "add", vanishing)
    backup.backup(chain, database, tmp_path / "backup.tar.gz")

    assert any(name.endswith(".parquet") for name in members(tmp_path / "backup.tar.gz"))


def test_nothing_is_swept_while_a_backup_is_made(chain: Settings, database: Database) -> None:
    left_behind(chain.home / "uploads" / new_id())

    with backup.without_sweeps(chain.home):
        assert sweep(chain, database, folder_seconds=0) == 0
    assert sweep(chain, database, folder_seconds=0) == 1


def test_young_files_are_not_swept(chain: Settings, database: Database) -> None:
    unnamed = SnapshotStore(database, chain.home).stage(pa.table({"demand": [1.0]}))
    folder = left_behind(chain.home / "uploads" / new_id())

    assert maintenance.prune(chain, database).files == 0
    assert folder.exists()
    assert (chain.home / unnamed.path).exists()


def test_a_sweep_keeps_files_that_a_postgresql_dump_may_name(
    chain: Settings, database: Database
) -> None:
    kept = SnapshotStore(database, chain.home)
    named = kept.stage(pa.table({"demand": [1.0]}))  # as if its row had just been deleted
    sweep(chain, database, file_seconds=0)

    assert (chain.home / named.path).exists() != database.is_sqlite


def test_a_file_is_deleted_when_it_is_unused_for_long(tmp_path: Path) -> None:
    path = tmp_path / "snapshots" / "old.parquet"
    with long_unused(tmp_path, 60.0) as is_long_unused:
        assert not is_long_unused(path)
    ledger = tmp_path / LEDGER
    times = json.loads(ledger.read_text())
    ledger.write_text(json.dumps({name: since - 61 for name, since in times.items()}))

    with long_unused(tmp_path, 60.0) as is_long_unused:
        assert is_long_unused(path)
        assert not is_long_unused(path.with_name("new.parquet"))
    assert list(json.loads(ledger.read_text())) == ["snapshots/new.parquet"]


def test_folders_of_killed_processes_are_swept_unless_an_import_needs_them(
    chain: Settings, database: Database
) -> None:
    left_behind(chain.home / "uploads" / new_id())
    left_behind(chain.home / "imports" / new_id())
    left_behind(chain.home / ".scratch" / new_id())
    sales = left_behind(chain.home / "s3" / chain.bucket / "imports" / "mine") / "sales.csv"
    waiting = Imports(database, chain, open_session(chain, database)).request({"sales": sales})
    sweep(chain, database, folder_seconds=0)

    assert sales.exists()
    assert list((chain.home / "uploads").iterdir()) == []
    assert list((chain.home / ".scratch").iterdir()) == []
    assert [path.name for path in (chain.home / "imports").iterdir()] == [waiting]


@pytest.mark.parametrize("shape", ["half", "damaged"])
def test_a_failed_restore_leaves_the_folder_empty(
    chain: Settings, database: Database, tmp_path: Path, shape: str
) -> None:
    whole, broken = tmp_path / "backup.tar.gz", tmp_path / "broken.tar.gz"
    backup.backup(chain, database, whole)
    content = bytearray(whole.read_bytes())
    if shape == "half":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 0xFF
    broken.write_bytes(content)
    new = elsewhere(chain, tmp_path / "new")

    with pytest.raises(InvalidData, match="could not be restored"):
        backup.restore(new, broken)
    assert not any(new.home.iterdir())
    assert "snapshots" in backup.restore(new, whole)


def test_a_killed_restore_can_be_repeated(
    chain: Settings, database: Database, tmp_path: Path
) -> None:
    backup.backup(chain, database, tmp_path / "backup.tar.gz")
    new = elsewhere(chain, tmp_path / "new")
    left_behind(new.home / backup.PART)

    assert backup.PART not in backup.restore(new, tmp_path / "backup.tar.gz")


def test_a_manifest_without_json_is_refused(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "backup.tar.gz"
    (tmp_path / "manifest.json").write_text("[1]")
    with tarfile.open(source, "w:gz") as archive:
        archive.add(tmp_path / "manifest.json", "manifest.json")

    with pytest.raises(InvalidData, match="is not a backup"):
        backup.restore(elsewhere(settings, tmp_path / "new"), source)
