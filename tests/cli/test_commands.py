"""The commands: what they print on stdout and on stderr."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecast_service import __version__

from .sales_files import write_sales

HEAVY = ("pandas", "numpy", "prophet", "boto3", "sqlalchemy", "flask", "pyarrow", "pydantic")


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = f"""
import sys
from forecast_service.cli import main
main(["--help"], standalone_mode=False)
sys.exit([name for name in {HEAVY} if name in sys.modules] or 0)
"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert finished.returncode == 0, finished.stderr


def test_the_module_is_the_command() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "forecast_service", "--version"], capture_output=True, text=True
    )

    assert finished.stdout == f"forecast-service, version {__version__}\n"


def test_import_train_and_forecast_print_days_on_stdout(forecast_service, sales: Path) -> None:
    assert forecast_service("import", sales).exit_code == 0
    assert forecast_service("train", "--store", "1").exit_code == 0

    result = forecast_service("forecast", "--store", "1")

    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert lines[0] == ["store", "date", "p10", "p50", "p90"]
    assert lines[1][:2] == ["1", "2026-03-26"]
    assert "seasonal_naive (local); trained at" in result.stderr


def test_a_store_that_sells_items_is_shown_by_its_total_first(
    forecast_service, tmp_path: Path
) -> None:
    path = tmp_path / "items.csv"
    day_before = datetime.date(2025, 12, 31)
    rows = [
        f"Nord,{item},{day_before + datetime.timedelta(day)},{10 + day % 7 + number}"
        for number, item in enumerate(("tea", "milk", "salt"))
        for day in range(1, 85)
    ]
    path.write_text("\n".join(["Store,Item,Date,Sales", *rows]) + "\n")
    assert forecast_service("import", path).exit_code == 0
    assert forecast_service("train").exit_code == 0

    shown = forecast_service("forecast", "--store", "Nord", "--limit", "2", "--to", "2026-03-26")
    named = forecast_service(
        *("forecast", "--store", "Nord", "--item", "tea", "--item", "milk", "--to", "2026-03-26")
    )

    assert [line.split("\t")[1] for line in shown.stdout.splitlines()] == [
        "item",
        "(all items)",
        "milk",
        "salt",
    ]
    assert "2 of 3 items are shown. For more: --after 'salt'" in shown.stderr
    assert "quantiles of the sum of 3 items" in shown.stderr
    assert [line.split("\t")[1] for line in named.stdout.splitlines()[1:]] == ["tea", "milk"]
    total, milk, salt = (
        [float(text) for text in line.split("\t")[3:]] for line in shown.stdout.splitlines()[1:]
    )
    assert total[1] > milk[1] + salt[1]
    assert total[2] - total[0] <= 3 * (milk[2] - milk[0]) + 3


def test_numbers_have_all_digits_on_request(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)
    forecast_service("train")

    shown, full = (
        forecast_service("forecast", "--store", "1", *more).stdout.splitlines()[1].split("\t")[-1]
        for more in ((), ("--full",))
    )

    assert "." not in shown
    assert full == repr(float(full))


def test_a_second_training_is_not_started_within_the_tolerance(forecast_service, sales) -> None:
    forecast_service("import", sales)
    forecast_service("train")

    result = forecast_service("train", "--store", "1", "--if-stale", "--json")

    assert result.exit_code == 0
    assert result.stderr.startswith("Training of a new predictor not started: ")
    decision = json.loads(result.stdout)
    assert decision["rule"] == "within_tolerance"
    assert decision["tolerance_days"] == 2.0
    assert decision["run"] is None


def test_appended_sales_are_forecast_without_a_training(
    forecast_service, sales: Path, tmp_path: Path
) -> None:
    forecast_service("import", sales)
    forecast_service("train")
    newer = tmp_path / "newer.csv"
    write_sales(newer, first=85, last=86)

    assert forecast_service("import", newer, "--append").exit_code == 0

    documents = json.loads(forecast_service("forecast", "--store", "2", "--json").stdout)
    first = documents["result"]["Forecast"]["Predictions"]["p50"][0]
    assert first["Timestamp"] == "2026-03-28T00:00:00"
    runs = json.loads(forecast_service("runs", "--json").stdout)
    assert [run["trains"] for run in runs] == [False, True]


def test_a_dry_run_reports_and_imports_nothing(forecast_service, sales: Path) -> None:
    result = forecast_service("import", sales, "--dry-run", "--json")

    assert json.loads(result.stdout)["stores"] == 2
    assert forecast_service("stores").stdout.splitlines() == [
        "store\tregion\tfirst_sale_on\tlast_sale_on\tdays"
    ]


def test_a_shop_that_never_sells_on_sundays_is_forecast_0_then(
    forecast_service, tmp_path: Path
) -> None:
    path = tmp_path / "sales.csv"
    days = (datetime.date(2026, 1, 1) + datetime.timedelta(days=n) for n in range(84))
    rows = [f"1,{day},{100 + day.day}" for day in days if day.weekday() != 6]
    path.write_text("\n".join(["store,date,sales", *rows]) + "\n")
    forecast_service("import", path)
    forecast_service("train")

    document = json.loads(forecast_service("forecast", "--store", "1", "--json").stdout)

    p90 = document["result"]["Forecast"]["Predictions"]["p90"]
    sundays = [datetime.date.fromisoformat(r["Timestamp"][:10]).weekday() == 6 for r in p90]
    assert [r["Value"] == 0 for r in p90] == sundays
    assert document["provenance"]["assumptions"] == [
        "store '1' never sold on Sunday and counts as closed on these days"
    ]


def test_rows_of_a_till_are_added_up_by_an_option(forecast_service, sales: Path) -> None:
    text = sales.read_text()
    sales.write_text(text + text.split("\n", 1)[1])

    refused = forecast_service("import", sales)
    result = forecast_service("import", sales, "--duplicates", "sum", "--dry-run", "--json")

    assert "Or add up the rows of a day with --duplicates sum" in refused.stderr
    assert json.loads(result.stdout)["notes"][0].startswith("Several rows of a day: ")


def test_a_bad_file_is_refused_with_its_line(forecast_service, sales: Path) -> None:
    text = sales.read_text().replace("1,2026-01-03,150", "1,2026-01-03,many")
    sales.write_text(text)

    result = forecast_service("import", sales)

    assert result.exit_code == 1
    assert "line 4: " in result.stderr
    assert result.stdout == ""


def test_stores_are_listed_in_the_order_of_their_numbers(forecast_service, sales: Path) -> None:
    sales.write_text(sales.read_text().replace("\n1,", "\nCA_10,").replace("\n2,", "\nCA_2,"))
    forecast_service("import", sales)

    result = forecast_service("stores", "--json")

    assert [store["store"] for store in json.loads(result.stdout)] == ["CA_2", "CA_10"]


def test_a_list_of_stores_says_that_the_forecast_is_stale(
    forecast_service, sales: Path, tmp_path: Path
) -> None:
    forecast_service("import", sales)
    forecast_service("train")
    newer = tmp_path / "newer.csv"
    write_sales(newer, first=85, last=86)
    forecast_service("import", newer, "--append", "--no-wait")

    assert forecast_service("stores").stderr.startswith("The forecast is stale: ")


def test_an_ended_run_cannot_be_cancelled(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)
    run = json.loads(forecast_service("train", "--json").stdout)["run"]

    result = forecast_service("runs", "--cancel", run["id"])

    assert result.exit_code == 1
    assert "it is 'serving' already" in result.stderr


def test_a_waiting_run_can_be_cancelled(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)
    run = json.loads(forecast_service("train", "--no-wait", "--json").stdout)["run"]

    result = forecast_service("runs", "--cancel", run["id"])

    assert result.stderr == f"Training run {run['id']} is cancelled.\n"


def test_check_finds_an_installation_in_order(forecast_service) -> None:
    result = forecast_service("check", "--json")

    findings = json.loads(result.stdout)
    assert {finding["name"] for finding in findings if finding["ok"]} == {
        "settings",
        "database",
        "files",
        "disk",
        "model",
    }


def test_a_restored_backup_serves_the_same_forecast(
    forecast_service, sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecast_service("import", sales)
    forecast_service("train")
    before = forecast_service("forecast", "--store", "1").stdout
    assert forecast_service("backup", tmp_path / "backup.tar.gz").exit_code == 0

    monkeypatch.setenv("FORECAST_HOME", str(tmp_path / "elsewhere"))
    if "sqlite" in os.environ["FORECAST_DATABASE_URL"]:
        monkeypatch.delenv("FORECAST_DATABASE_URL")
    assert forecast_service("restore", tmp_path / "backup.tar.gz").exit_code == 0

    assert forecast_service("forecast", "--store", "1").stdout == before


def test_prune_keeps_what_is_served(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)
    forecast_service("train")

    result = forecast_service("prune", "--json")

    assert json.loads(result.stdout)["forecasts"] == 0
    assert forecast_service("forecast", "--store", "1").exit_code == 0


def test_runs_are_printed_as_the_routes_return_them(forecast_service, sales: Path) -> None:
    forecast_service("import", str(sales))
    requested = json.loads(forecast_service("train", "--no-wait", "--json").stdout)

    (run,) = json.loads(forecast_service("runs", "--json").stdout)

    assert run == requested["run"]
    assert run["requested_at"].endswith("Z")
