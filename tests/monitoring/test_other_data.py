"""Monitoring of items, of weekly data, and of stock-outs and closed days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import group_of, naive, work

from forecast_service.monitoring.accuracy import FIELDS, read_weeks
from forecast_service.monitoring.measures import sums_of
from forecast_service.monitoring.store_sales import read_store_sales
from forecast_service.monitoring.summary import read_summary
from forecast_service.reading.overview import OverviewQuestion, overview_document
from forecast_service.service import Service, open_service
from forecast_service.settings import Settings
from forecast_service.storage.limits import UNLIMITED

FIRST = dt.date(2024, 1, 1)  # a Monday


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    service = open_service(naive(settings, horizon=8))
    service.prepare()
    yield service
    service.close()


def bring(service: Service, folder: Path, lines: list[str], mode: str = "FULL") -> None:
    path = folder / "sales.csv"
    path.write_text("\n".join(lines) + "\n")
    service.imports.request({"sales": path}, mode)
    work(service.settings)


def days_of(service: Service, store: str) -> float:
    with service.database.read() as connection:
        weeks = read_weeks(connection, service.settings.dataset_group, 60)
    return float(sums_of(weeks, (store,))[0, FIELDS.index("days"), 0])


def item_lines(days: range) -> list[str]:
    return ["store,item,date,sales"] + [
        f"1,{item},{FIRST + dt.timedelta(days=day)},{sales + day % 7}"
        for item, sales in (("milk", 10), ("bread", 20))
        for day in days
    ]


def test_a_store_with_items_is_measured_by_its_total(service: Service, tmp_path: Path) -> None:
    bring(service, tmp_path, item_lines(range(210)))
    service.runs.request(None)
    work(service.settings)
    bring(service, tmp_path, item_lines(range(210, 217)), "INCREMENTAL")

    group = group_of(service.settings, service.database)
    with service.database.read() as connection:
        summary = read_summary(connection, str(group.current_forecast_arn))

    assert summary is not None
    assert summary.last_week.tolist() == [7 * 30 + 2 * 21]
    assert summary.middle[0, 0] == pytest.approx(7 * 30 + 2 * 21, rel=0.02)
    assert days_of(service, "1") == 7


def test_weekly_data_are_compared_by_week(service: Service, tmp_path: Path) -> None:
    def lines(weeks: range) -> list[str]:
        return ["store,week_start,sales"] + [
            f"1,{FIRST + dt.timedelta(weeks=week)},{1000 + week}" for week in weeks
        ]

    bring(service, tmp_path, lines(range(110)))
    service.runs.request(None)
    work(service.settings)
    bring(service, tmp_path, lines(range(110, 112)), "INCREMENTAL")

    document = overview_document(service.overview.board(), OverviewQuestion(UNLIMITED))
    (store,) = document["stores"]
    first = FIRST + dt.timedelta(weeks=112)
    assert document["week"]["from"] == str(first)
    assert document["week"]["to"] == str(first + dt.timedelta(days=6))
    assert store["last_7_days"] == 1111
    assert store["last_year"] == 1000 + 112 - 52
    assert store["data_until"] == str(first - dt.timedelta(days=1))
    assert days_of(service, "1") == 2


def test_stock_outs_and_closed_days_are_no_demand(service: Service, tmp_path: Path) -> None:
    lines = ["store,date,sales,open,stockout"]
    for day in range(70):
        closed, sold_out = day in (66, 67), day == 68
        sales = 0 if closed else 5 if sold_out else 100
        lines.append(
            f"1,{FIRST + dt.timedelta(days=day)},{sales},{int(not closed)},{int(sold_out)}"
        )
    bring(service, tmp_path, lines)

    group = group_of(service.settings, service.database)
    sales = read_store_sales(service.database, service.settings.home, group)

    assert sales.sales[0, -4:].tolist() == [0, 0, 5, 100]
    assert np.isnan(sales.demand[0, -4:]).tolist() == [True, True, True, False]
    assert sales.at(np.array(["2020-01-01", "2024-01-01"], "datetime64[s]"))[0, 1] == 100
