"""The command line refuses: one sentence on stderr, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_service.cli.output import at_a_terminal


def test_a_refusal_is_one_sentence_on_stderr_and_exit_code_1(forecast_service) -> None:
    result = forecast_service("train")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Error: No sales were imported yet, so there is nothing to train on. "
        "Send them with 'forecast-service import'.\n"
    )


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Ask for one with POST /training.", "Ask for one with 'forecast-service train'."),
        (
            'Ask for a new one with POST /training {"force": true}.',
            "Ask for a new one with 'forecast-service train --force'.",
        ),
        ("GET /stores lists them.", "'forecast-service stores' lists them."),
        ("GET /training lists them.", "'forecast-service runs' lists them."),
        (
            "One is being made: see /training/0123456789abcdef0123.",
            "One is being made: see training run 0123456789abcdef0123.",
        ),
    ],
)
def test_a_refusal_at_a_terminal_names_commands(sentence: str, told: str) -> None:
    assert at_a_terminal(sentence) == told


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
        ("TOLERANCE_DAYS", "-1", "a number from 0 on"),
        ("BACKEND", "gcp", "'local' or 'amazon'"),
        ("RETRAIN_RULES", "age,foo", "'age' or 'new_sales', or both separated by a comma"),
    ],
)
def test_a_setting_says_what_is_allowed(
    forecast_service, monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(f"FORECAST_{name}", value)

    assert f"; allowed is {allowed}" in forecast_service("stores").stderr


def test_check_says_which_setting_is_wrong(
    forecast_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_KEEP_DAYS", "0")

    result = forecast_service("check")

    assert result.exit_code == 1
    assert result.stdout.startswith("FAILED  settings: FORECAST_KEEP_DAYS is '0'; ")


def test_a_backup_into_a_folder_that_is_not_there_is_a_wrong_use(
    forecast_service, tmp_path: Path
) -> None:
    result = forecast_service("backup", str(tmp_path / "nowhere" / "b.tar.gz"))

    assert result.exit_code == 2
    assert f"The folder '{tmp_path / 'nowhere'}' does not exist." in result.stderr


def test_a_database_that_is_away_is_one_sentence(
    forecast_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")

    result = forecast_service("stores")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database did not answer: connection failed")
    assert "secret" not in result.stderr


def test_a_finding_is_told_once(forecast_service, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("store,date,sales\n1,2015-01-01,many\n")

    result = forecast_service("import", str(bad))

    assert result.stderr.count("'sales' is 'many'") == 1
