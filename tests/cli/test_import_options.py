"""Options of the import command: columns, files of covariates, the name of one store."""

from __future__ import annotations

import datetime
from pathlib import Path


def test_columns_are_named_in_an_import(forecast_service, sales: Path) -> None:
    sales.write_text(sales.read_text().replace("Store,Date,Sales", "Kasse,Wann,Betrag"))

    refused = forecast_service("import", sales, "--dry-run")
    named = ("--column", "store=Kasse", "--column", "date=Wann", "--column", "sales=Betrag")
    read = forecast_service("import", sales, "--dry-run", *named)

    assert "--column date=NAME names the column" in refused.stderr
    assert read.exit_code == 0, read.stderr
    assert "Kasse as store, Wann as date, Betrag as sales" in read.stderr


def test_features_and_plans_are_joined_to_the_sales(forecast_service, sales: Path) -> None:
    days = [datetime.date(2026, 1, 1) + datetime.timedelta(day) for day in range(100)]
    features = sales.with_name("features.csv")
    rows = [f"{store},{day},{day.day % 2}" for store in (1, 2) for day in days]
    features.write_text("\n".join(["Store,Date,Promo", *rows]) + "\n")
    plan = sales.with_name("plan.csv")
    plan.write_text("Store,Date,Promo\n1,2026-03-30,1\n")

    first = forecast_service("import", sales, "--features", features)
    later = forecast_service("import", "--append", "--future", plan)

    assert first.exit_code == later.exit_code == 0, first.stderr + later.stderr
    assert "Known future: 16 days" in first.stderr


def test_one_store_and_its_name(forecast_service, sales: Path) -> None:
    lines = [line.split(",", 1)[1] for line in sales.read_text().splitlines()[:85]]
    sales.write_text("\n".join(lines) + "\n")

    result = forecast_service("import", sales, "--store", "Köln")

    assert result.exit_code == 0, result.stderr
    assert "all of its rows are of store 'Köln'" in result.stderr
    assert forecast_service("stores").stdout.splitlines()[1].startswith("Köln\t")
