"""Days with unusual sales: the report and the state of a store name them."""

from __future__ import annotations

import pytest

from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.unusual_days import UnusualReport, UnusualSales
from forecast_service.storage.tables import stores

from .rows import csv_text, day

WEEK = (90, 95, 100, 100, 110, 200, 20)
HEAD = "store,date,sales"


def usual(store: str, days: int = 100, **sales: float) -> list[tuple[object, ...]]:
    """Rows of a store with a weekly pattern; ``d50=9000`` sets the sales of day 50."""
    of_day = {int(name[1:]): value for name, value in sales.items()}
    return [(store, day(i), of_day.get(i, WEEK[i % 7] + i % 3)) for i in range(days)]


@pytest.mark.parametrize(
    ("number", "value", "expected"),
    [
        (50, 9000, 96),
        (99, 1100, 96),
        (98, 91_000, 90),
        (3, 4, 100),
    ],
)
def test_the_report_and_the_store_name_an_unusual_day(
    import_files, write_file, one, number, value, expected
):
    rows = [*usual("7", **{f"d{number}": value}), *usual("8")]

    report = import_files(sales=write_file(csv_text(HEAD, rows)))

    [found] = report.unusual.examples
    assert (found.store, found.date, found.sales) == ("7", day(number), value)
    assert found.usual == pytest.approx(expected, rel=0.05)
    assert (report.unusual.days, report.unusual.series) == (1, 1)
    [kept] = one(stores, store="7").unusual_days
    assert (kept["item"], kept["date"], kept["sales"]) == (None, day(number), value)
    assert one(stores, store="8").unusual_days == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {f"d{i}": 2 for i in range(6, 100, 7)},  # a regular low weekday
        {f"d{i}": 0 for i in range(6, 100, 7)},
        {f"d{i}": 9 * WEEK[i % 7] for i in range(60, 75)},  # two weeks of clearance
    ],
)
def test_a_regular_pattern_names_nothing(import_files, write_file, one, changes):
    report = import_files(sales=write_file(csv_text(HEAD, usual("7", **changes))))

    assert report.unusual is None
    assert one(stores, store="7").unusual_days == []


def test_promotions_and_a_yearly_peak_name_nothing(import_files, write_file):
    promotions = range(10, 800, 28)
    peaks = dict.fromkeys(["d300", "d665"], 1000.0)
    rows = [
        (*row[:2], float(str(row[2])) * (6 if i in promotions else 1), int(i in promotions))
        for i, row in enumerate(usual("7", days=800, **peaks))
    ]

    report = import_files(sales=write_file(csv_text(f"{HEAD},promo", rows)))

    assert report.unusual is None


def test_a_later_import_names_its_own_days_and_the_store_keeps_all(import_files, write_file, one):
    import_files(sales=write_file(csv_text(HEAD, usual("7", d50=9000))))

    rows = [("7", day(100), 99), ("7", day(101), 110_000)]
    report = import_files("INCREMENTAL", sales=write_file(csv_text(HEAD, rows)))

    assert [found.date for found in report.unusual.examples] == [day(101)]
    assert [found["date"] for found in one(stores, store="7").unusual_days] == [day(101), day(50)]


def test_a_corrected_day_is_no_longer_named(import_files, write_file, one):
    import_files(sales=write_file(csv_text(HEAD, usual("7", d50=9000))))

    report = import_files("INCREMENTAL", sales=write_file(csv_text(HEAD, [("7", day(50), 90)])))

    assert report.unusual is None
    assert one(stores, store="7").unusual_days == []


def test_an_item_is_named_with_its_store(import_files, write_file, one):
    of_item = {"7,a": {}, "7,b": {}, "8,a": {"d50": 9000.0}, "8,b": {}}
    rows = [row for title, changes in of_item.items() for row in usual(title, **changes)]

    report = import_files(sales=write_file(csv_text("store,item,date,sales", rows)))

    assert report.unusual.examples[0][:3] == ("8", "a", day(50))
    assert one(stores, store="8").unusual_days[0]["item"] == "a"


def test_many_days_are_counted_and_some_are_shown():
    days = tuple(UnusualSales(str(i), "", f"2026-01-0{i}", 9000.0, 91.25) for i in range(1, 6))

    line = UnusualReport(1200, 400, days).line("day")

    assert line == (
        "Unusual sales on 1,200 days, such as 1 on 2026-01-01: 9,000 (usual: 91.2); "
        "2 on 2026-01-02: 9,000 (usual: 91.2); 3 on 2026-01-03: 9,000 (usual: 91.2). "
        "Correct them if they are errors."
    )


def test_the_report_survives_json(import_files, write_file):
    report = import_files(sales=write_file(csv_text(HEAD, usual("7", d50=9000))))

    assert ImportReport.from_dict(report.to_dict()) == report
    assert report.lines()[-3].startswith(f"Unusual sales on 1 day: 7 on {day(50)}: 9,000 (usual: 9")
    assert report.to_dict()["unusual"]["examples"][0]["store"] == "7"
