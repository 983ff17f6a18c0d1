"""The command rollback: the forecasts that are kept, and an earlier one served again."""

from __future__ import annotations

import json
from pathlib import Path


def test_an_earlier_forecast_is_served_again(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)
    forecast_service("train")
    (first,) = json.loads(forecast_service("rollback", "--json").stdout)
    forecast_service("train", "--force")
    second = json.loads(forecast_service("rollback", "--json").stdout)[0]
    result = forecast_service("rollback", first["id"], "--json")

    assert json.loads(result.stdout) == {**first, "is_current": True, "previous": second["id"]}
    assert result.stderr.startswith(
        f"Forecast {first['id']} is served now, in place of {second['id']}. It was made at 20"
    )
    served = json.loads(forecast_service("forecast", "--store", "1", "--json").stdout)
    assert served["provenance"]["forecast"] == first["forecast"]


def test_the_forecasts_that_are_kept_are_a_table(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)
    forecast_service("train")

    header, row = forecast_service("rollback").stdout.splitlines()

    assert header.split("\t") == ["id", "created_at", "algorithm", "data_until", "is_current"]
    assert row.split("\t")[2:] == ["seasonal_naive", "2026-03-25", "True"]
    again = forecast_service("rollback", row.split("\t")[0])
    assert again.stderr == f"Forecast {row.split('	')[0]} is already served; nothing changed.\n"


def test_a_forecast_that_is_not_kept_cannot_be_served(forecast_service, sales: Path) -> None:
    forecast_service("import", sales)

    result = forecast_service("rollback", "none")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Forecast 'none' was never served or is no longer kept. "
        "'forecast-service rollback' lists the forecasts that can be served.\n"
    )
