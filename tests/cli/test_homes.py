"""Commands on a FORECAST_HOME that cannot be used: one sentence and exit code 1."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from damage import DAMAGES, copy_of

from forecast_service.cli.start.run import MEMORY, read_memory
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import SnapshotStore

pytestmark = pytest.mark.sqlite

COMMANDS = (
    ["import", "sales.csv"],
    ["train"],
    ["forecast", "--store", "1"],
    ["what-if", "--store", "1", "--set", "promo=1", "--from", "2026-01-01", "--to", "2026-01-02"],
    ["stores"],
    ["runs"],
    ["rollback"],
    ["serve", "--port", "0"],
    ["worker"],
    ["run", "--port", "0"],
    ["check"],
    ["backup", "backup.tar.gz"],
    ["restore", "sales.csv"],
    ["prune"],
)
names = [command[0] for command in COMMANDS]
FEW = (["train"], ["stores"], ["worker"])  # for further kinds: all commands open alike


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, with a file of sales."""
    folder = tmp_path / "present"
    folder.mkdir()
    (folder / "sales.csv").write_text("store,date,sales\n1,2026-01-01,3\n")
    monkeypatch.chdir(folder)
    return folder


def a_file(path: Path) -> None:
    path.write_text("not a folder")


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("not a folder")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


HOMES: dict[str, Callable[[Path], None]] = {
    "file": a_file,
    "dangling link": a_dangling_link,
    "below a file": below_a_file,
    "circular link": a_link_to_itself,
}


def each_by_some(kinds: Iterable[str]) -> list[Any]:
    """Every command with the first kind, a few with each other one."""
    first, *others = kinds
    return [
        *(pytest.param(first, command, id=f"{first}-{command[0]}") for command in COMMANDS),
        *(
            pytest.param(kind, command, id=f"{kind}-{command[0]}")
            for kind in others
            for command in FEW
        ),
    ]


@pytest.mark.parametrize(("kind", "command"), each_by_some(HOMES))
def test_a_home_that_is_no_folder_is_one_sentence(
    forecast_service, folder: Path, monkeypatch, kind: str, command: list[str]
) -> None:
    home = folder / "parent" / "home"
    home.parent.mkdir()
    HOMES[kind](home)
    monkeypatch.setenv("FORECAST_HOME", str(home))
    monkeypatch.delenv("FORECAST_DATABASE_URL")

    result = forecast_service(*command)

    said = result.output + result.stderr
    assert result.exit_code == 1, said
    assert isinstance(result.exception, SystemExit)
    assert f"FORECAST_HOME is '{home}', " in said
    assert "Name a folder that can be written" in said


@pytest.fixture
def closed_home() -> Iterator[Path]:
    """A home that this process may read, but not write; root loses its rights meanwhile."""
    for name in ("cli.processes", "upkeep.maintenance", "service"):  # while they can be read
        importlib.import_module(f"forecast_service.{name}")
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        home = Path(parent) / "home"
        home.mkdir(mode=0o555)
        user = os.geteuid()
        try:
            if user == 0:
                os.seteuid(65534)
            yield home
        finally:
            os.seteuid(user)


@pytest.mark.parametrize("command", [["runs"], ["train"], ["worker"], ["prune"], ["stores"]])
def test_a_home_without_permission_is_one_sentence(
    forecast_service, closed_home: Path, monkeypatch, command: list[str]
) -> None:
    monkeypatch.setenv("FORECAST_HOME", str(closed_home))
    monkeypatch.delenv("FORECAST_DATABASE_URL")

    result = forecast_service(*command)

    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: FORECAST_HOME is '{closed_home}', which cannot be written (permission denied). "
        "Name a folder that can be written, or make this one writable.\n"
    )


@pytest.mark.parametrize("command", COMMANDS, ids=names)
def test_a_database_of_a_later_version_is_one_sentence(
    forecast_service, folder: Path, database: Database, command: list[str]
) -> None:
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()

    result = forecast_service(*command)

    said = result.output + result.stderr
    assert result.exit_code == 1, said
    if command[0] == "restore":
        assert "is not empty" in said
        return
    assert "The database has schema '9999', which another version of the service made" in said
    assert "Install the later version again" in said


def damaged(settings: Settings, kind: str) -> Path:
    """The file of the database after this damage, without what SQLite keeps beside it."""
    file = settings.home / "forecast.db"
    for beside in settings.home.glob("forecast.db-*"):
        beside.unlink()
    if kind == "garbage":
        file.write_bytes(b"no database at all" * 500)
    else:
        DAMAGES[kind](file)
    return file


@pytest.mark.parametrize(
    ("kind", "command"), each_by_some(["truncated", "garbage", "folder", "unreadable"])
)
def test_a_damaged_database_is_one_sentence(
    forecast_service,
    folder: Path,
    database: Database,
    settings: Settings,
    kind: str,
    command: list[str],
) -> None:
    database.dispose()
    damaged(settings, kind)

    result = forecast_service(*command)

    said = result.output + result.stderr
    assert result.exit_code == 1, said
    assert isinstance(result.exception, SystemExit)
    if command[0] != "restore":
        assert "The database is damaged" in said or "unable to open database file" in said


@pytest.mark.parametrize("kind", ["emptied", "removed"])
def test_a_lost_database_is_not_replaced_by_an_empty_one(
    forecast_service, folder: Path, database: Database, settings: Settings, kind: str
) -> None:
    days = [f"1,2026-01-{day:02},{day}" for day in range(1, 32)]
    (folder / "sales.csv").write_text("\n".join(["store,date,sales", *days]))
    assert forecast_service("import", "sales.csv").exit_code == 0
    database.dispose()
    damaged(settings, kind)

    for command in (["stores"], ["import", "sales.csv"], ["serve", "--port", "0"], ["check"]):
        result = forecast_service(*command)

        assert result.exit_code == 1
        assert "is lost: it is empty, but" in result.output + result.stderr
    assert list((settings.home / "snapshots").glob("*.parquet"))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_memory_of_the_last_import_is_forgotten(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    memory = tmp_path / MEMORY
    memory.write_text(json.dumps({"group": "g", "files": {"sales": "0" * 64}, "options": {}}))
    assert read_memory(memory)["group"] == "g"
    damage(memory)

    assert isinstance(read_memory(memory), dict)


ADVICE = {
    "database": ("The database is damaged", "Restore a backup into an empty FORECAST_HOME"),
    "sales": ("sales of store_demand_group", "Restore a backup, or import all data again."),
    "model": ("model of the latest predictor", "The next training replaces it."),
}


@pytest.mark.timeout(240)
def test_check_names_each_damage_and_what_helps(
    forecast_service, folder: Path, settings: Settings
) -> None:
    days = [date(2026, 1, 1) + timedelta(day) for day in range(84)]
    rows = [f"1,{day},{100 + day.day}" for day in days]
    (folder / "sales.csv").write_text("\n".join(["store,date,sales", *rows]))
    assert forecast_service("import", "sales.csv").exit_code == 0
    assert forecast_service("train").exit_code == 0
    whole = folder / "whole"
    copy_of(settings.home, whole)

    for kind, (what, advice) in ADVICE.items():
        spoil(settings, kind)
        result = forecast_service("check")
        assert result.exit_code == 1
        assert what in result.stdout
        assert advice in result.stdout
        backup = forecast_service("backup", folder / f"{kind}.tar.gz")
        said = backup.output + backup.stderr
        if kind == "database":
            assert backup.exit_code == 1
            assert what in said
        else:
            assert backup.exit_code == 0
            assert "WARNING: 'snapshots/" in said or "WARNING: 'models/" in said
        shutil.rmtree(settings.home)
        copy_of(whole, settings.home)


def spoil(settings: Settings, kind: str) -> None:
    """Damage the database, the sales, or the latest predictor."""
    database = Database(settings.resolved_database_url)
    if kind == "sales":
        (file,) = [
            file
            for file in SnapshotStore(database, settings.home).files()
            if file.dataset.startswith("sales:")
        ]
        DAMAGES["bit 1"](settings.home / file.path)
    elif kind == "model":
        for path in (settings.home / "models").glob("*/000.npz"):
            DAMAGES["truncated"](path)
    database.dispose()
    if kind == "database":
        damaged(settings, "truncated")
