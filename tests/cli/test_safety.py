"""Commands that could lose data: they refuse and name the way out, and what they did is undone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from forecast_service.cli.opening import open_for_command
from forecast_service.cli.start.run import load, run
from forecast_service.errors import Conflict, Remedy
from forecast_service.importer.sample import write_sample

OPTIONS: dict[str, Any] = run.make_context("run", []).params  # none was given


def write_sales(path: Path, stores: str, days: int, header: str = "store,date,sales") -> Path:
    more = ",1" * (header.count(",") - 2)
    rows = [
        f"{store},2025-{1 + day // 28:02d}-{1 + day % 28:02d},100{more}"
        for store in stores
        for day in range(days)
    ]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Four weeks of two stores, without the covariates of the sample."""
    return write_sales(tmp_path / "own.csv", "ab", 28)


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home into which the first start put the sample."""
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path / "home"))
    with open_for_command() as service:
        assert load(service, {}, OPTIONS)


@pytest.mark.usefixtures("sample")
def test_own_files_after_the_sample_are_refused_with_the_way_out(own: Path, tmp_path: Path) -> None:
    with open_for_command() as service, pytest.raises(Conflict) as caught:
        load(service, {"sales": own}, OPTIONS)

    assert caught.value.detail == (
        f"'{tmp_path / 'home'}' holds the sample data of an earlier start, and one home is for one "
        "chain of stores. Nothing was changed."
    )
    assert caught.value.remedy is Remedy.REPLACE_SAMPLE


@pytest.mark.usefixtures("sample")
def test_replace_sample_starts_afresh_with_own_files(own: Path) -> None:
    options = {**OPTIONS, "replace_sample": True}
    with open_for_command() as service:
        assert load(service, {"sales": own}, options)
        assert not load(service, {"sales": own}, options)
        assert not load(service, {"sales": own}, OPTIONS)
        names = [service.imports.history(store) != [] for store in ("a", "b", "1")]

    assert names == [True, True, False]


@pytest.mark.usefixtures("sample")
def test_the_sample_is_used_again_without_files() -> None:
    with open_for_command() as service:
        assert not load(service, {}, OPTIONS)


def made_days_ago(days: int) -> None:
    """Make the sample as it was made by a start that many days ago."""
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1 + days)
    with open_for_command() as service:
        files = write_sample(service.settings.home / "sample", end)
        assert load(service, files, OPTIONS)


def test_a_later_start_adds_the_missing_days_to_the_sample(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path / "home"))
    made_days_ago(3)
    with open_for_command() as service:
        before = service.imports.history("1")
        assert load(service, {}, OPTIONS)
        assert not load(service, {}, OPTIONS)
        after = service.imports.history("1")
        assert service.runs.list(1) == []  # `train` decides afterwards

    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    assert after[: len(before)] == before
    assert after[-1]["date"] == str(yesterday)
    assert len(after) == len(before) + 3
    assert ": adding invented sales until yesterday." in capsys.readouterr().err
    own = {"sales": write_sales(tmp_path / "own.csv", "ab", 28)}
    with open_for_command() as service, pytest.raises(Conflict, match="holds the sample data"):
        load(service, own, OPTIONS)  # it still counts as the sample


def test_own_sales_are_never_mixed_with_invented_days(
    monkeypatch: pytest.MonkeyPatch, forecast_service: Any, own: Path
) -> None:
    made_days_ago(3)
    assert forecast_service("import", own, "--replace").exit_code == 0

    with open_for_command() as service:
        assert not load(service, {}, OPTIONS)
        assert service.imports.history("a")[-1]["date"] == "2025-01-28"


def test_a_full_import_is_refused_replaced_and_undone(
    forecast_service: Any, own: Path, tmp_path: Path
) -> None:
    assert forecast_service("import", own).exit_code == 0
    one_day = write_sales(tmp_path / "day.csv", "a", 1)

    refused = forecast_service("import", one_day)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == (
        "Error: This import would replace 56 rows of 2 stores with 1 row of 1 store, without store "
        "'b'. Nothing was changed. Send all sales again, or add these rows to the others. "
        "'forecast-service import --append' adds them. --replace drops the earlier sales."
    )
    assert forecast_service("import", one_day, "--replace").exit_code == 0
    assert forecast_service("stores").stdout.splitlines()[1:] == [
        "a\tall\t2025-01-01\t2025-01-01\t1"
    ]
    undone = forecast_service("undo")
    assert undone.exit_code == 0
    assert undone.stderr.endswith("(day.csv) is undone.\n")
    assert len(forecast_service("stores").stdout.splitlines()) == 3
    assert forecast_service("undo").exit_code == 0
    assert forecast_service("undo").stderr == "Error: There is no import to undo.\n"
    assert forecast_service("undo", "f00").stderr == (
        "Error: Import 'f00' does not exist. 'forecast-service undo' without an ID undoes the last "
        "one.\n"
    )


def test_files_are_imported_again_after_an_undo(
    monkeypatch: pytest.MonkeyPatch, own: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path / "home"))
    with open_for_command() as service:
        assert load(service, {"sales": own}, OPTIONS)
        longer = write_sales(tmp_path / "longer.csv", "ab", 56)
        assert load(service, {"sales": longer}, OPTIONS)
        service.imports.undo()
        assert load(service, {"sales": longer}, OPTIONS)
