"""Refusals of commands: one sentence on stderr, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_service.cli.serving import warnings_of
from forecast_service.settings import Settings


def test_a_refusal_is_one_sentence_on_stderr_and_exit_code_1(forecast_service) -> None:
    result = forecast_service("train")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Error: No sales were imported yet, so there is nothing to train on. "
        "Import them with 'forecast-service import'.\n"
    )


def test_a_remedy_is_a_command(forecast_service) -> None:
    assert forecast_service("runs", "0123456789abcdef0123").stderr == (
        "Error: Training run '0123456789abcdef0123' does not exist. "
        "'forecast-service runs' lists the training runs.\n"
    )
    assert forecast_service("forecast", "--store", "1").stderr == (
        "Error: There is no forecast: no sales were imported yet. "
        "Import them with 'forecast-service import', then start a training with "
        "'forecast-service train'.\n"
    )


def test_the_remedy_of_a_refused_file_is_an_option(forecast_service, tmp_path: Path) -> None:
    returned = tmp_path / "returned.csv"
    returned.write_text("store,date,sales\n1,2015-01-01,-3\n")

    assert forecast_service("import", str(returned)).stderr.endswith(
        "Error: 'returned.csv' was not imported, and nothing of it was kept: line 2: 'sales' is "
        "-3; sales below 0 are allowed only as returns. Correct the file and import it again. "
        "If these are returns, import it with --allow-returns.\n"
    )


def test_a_wrong_use_is_exit_code_2(forecast_service) -> None:
    result = forecast_service("train", "--force", "--if-stale")

    assert result.exit_code == 2
    assert "contradict each other" in result.stderr


def test_a_wrong_setting_is_named(forecast_service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_PORT", "many")

    result = forecast_service("runs")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: FORECAST_PORT is 'many'; allowed is a whole number. "
        "See docs/configuration.md for what is allowed.\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("COUNTRY", "XX", "one of AE, AL, "),
        ("FORECAST_TYPES", "0.1,2", "up to five different quantiles from 0.01 to 0.99 or 'mean'"),
        ("FORECAST_TYPES", "0.1,.10", "up to five different quantiles"),
        ("TOLERANCE_DAYS", "-1", "a number of at least 0"),
        ("BACKEND", "gcp", "'local', 'amazon' or 'auto'"),
        ("RETRAIN_RULES", "age,foo", "'age' or 'new_sales', or both separated by a comma"),
    ],
)
def test_the_error_of_a_setting_names_what_is_allowed(
    forecast_service, monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(f"FORECAST_{name}", value)

    assert f"; allowed is {allowed}" in forecast_service("stores").stderr


def test_check_names_the_wrong_setting(forecast_service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_KEEP_DAYS", "0")

    result = forecast_service("check")

    assert result.exit_code == 1
    assert result.stdout.startswith("FAILED  settings: FORECAST_KEEP_DAYS is '0'; ")


def test_a_backup_into_a_missing_folder_is_a_wrong_use(forecast_service, tmp_path: Path) -> None:
    result = forecast_service("backup", str(tmp_path / "nowhere" / "b.tar.gz"))

    assert result.exit_code == 2
    assert f"The folder '{tmp_path / 'nowhere'}' does not exist." in result.stderr


def test_a_path_that_cannot_be_used_is_one_sentence(forecast_service, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = forecast_service("sample", tmp_path / "file" / "shop")

    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: '{tmp_path / 'file' / 'shop'}' cannot be used: not a directory. "
        "Check the path, its permissions and the free space.\n"
    )


def test_a_database_that_is_away_is_one_sentence(
    forecast_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")

    result = forecast_service("stores")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database did not answer: connection failed")
    assert "secret" not in result.stderr


def test_a_finding_is_printed_once(forecast_service, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("store,date,sales\n1,2015-01-01,many\n")

    result = forecast_service("import", str(bad))

    assert result.stderr.count("'sales' is 'many'") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "forecast.example"])
def test_an_address_that_others_reach_is_warned_about(host: str) -> None:
    settings = Settings(host=host, allowed_hosts=("forecast.example",))

    assert warnings_of(settings, has_accounts=False) == [
        "WARNING: The service is locked: other machines may reach it, and it has no account. Make "
        "the first key with 'forecast-service keys create NAME --scope admin'.",
        "WARNING: Requests are answered for these hosts: localhost, forecast.example. Add names "
        "with FORECAST_ALLOWED_HOSTS.",
    ]
    assert len(warnings_of(settings, has_accounts=True)) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_address_of_this_machine_needs_no_warning(host: str) -> None:
    assert warnings_of(Settings(host=host), has_accounts=False) == []
