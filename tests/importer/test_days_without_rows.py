"""What a day without a row means, and several rows of a day."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidRequest, Remedy
from forecast_service.importer import Imports
from forecast_service.importer.options import ImportOptions

from .rows import csv_text, daily, day


def seldom(step: int = 5, until: int = 100, item: str = "ink") -> list[tuple[str, str, str, int]]:
    """Rows of an item on every ``step``-th day, with a hitch so that no weekday is left out."""
    days = (i for i in range(0, until, step))
    return [("1", item, day(i + i % 3), 2) for i in days if i + i % 3 < until]


def often(until: int = 100) -> list[tuple[str, str, str, int]]:
    return [("1", "milk", day(i), 9) for i in range(until)]


HEADER = "store,item,date,sales"


def test_days_without_a_row_are_unknown_by_default(imports, write_file):
    report = imports.dry_run({"sales": write_file(csv_text(HEADER, [*often(), *seldom()]))})

    assert report.sales_rows == 120


def test_the_report_proposes_zero_with_its_numbers(imports, write_file):
    rows = [*often(), *seldom(), *seldom(7, item="wax")]

    report = imports.dry_run({"sales": write_file(csv_text(HEADER, rows))})

    assert report.notes == (
        "Rows on days with sales only? 2 items in stores have rows on 34 of 191 days, and none "
        "says 0. 1/wax: 14 of 93. Missing days count as unknown, so the forecast is that of days "
        "with sales. If nothing was sold on them, import with the option 'missing' as 'zero'.",
    )


@pytest.mark.parametrize(
    "rows",
    [
        often(),
        [*seldom(), ("1", "ink", day(1), 0)],
        [row for row in often() if not 30 <= int(row[2][8:]) <= 31],
        [("1", "milk", day(i), 9) for i in range(100) if i % 7 < 5],
        [("1", "milk", day(i), 9) for i in range(300) if not 50 < i < 200],
    ],
    ids=["complete", "says zero", "few gaps", "weekdays", "one long gap"],
)
def test_ordinary_gaps_are_not_taken_for_that(imports, write_file, rows):
    report = imports.dry_run({"sales": write_file(csv_text(HEADER, rows))})

    assert not any("days with sales only" in note for note in report.notes)


def test_with_zero_all_series_are_complete_to_the_end_of_the_delivery(import_files, write_file):
    path = write_file(csv_text(HEADER, [*often(), *seldom(until=80)]))

    report = import_files(sales=path, options={"missing": "zero"})

    assert report.sales_rows == 200
    assert "Days without a row: 84. They count as 0 sales." in report.notes


def test_an_empty_cell_stays_unknown_with_zero(import_files, write_file, imports):
    text = daily(["1"], 40, cells=lambda s, i: (None if i == 7 else 5,))
    text = "\n".join(line for line in text.splitlines() if day(9) not in line) + "\n"

    import_files(sales=write_file(text), options={"missing": "zero"})

    by_date = {row["date"]: row["sales"] for row in imports.history("1")}
    assert (by_date.get(day(7)), by_date[day(9)]) == (None, 0.0)


def test_zero_is_remembered_and_ends_with_the_days_of_the_store(import_files, write_file, imports):
    rows = [(s, day(i), 5) for s in "12" for i in range(0, 40, 2)]
    import_files(sales=write_file(csv_text("store,date,sales", rows)), options={"missing": "zero"})

    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(41)},7\n"))

    assert [row["sales"] for row in imports.history("1", start=day(37))] == [0, 5, 0, 0, 7]
    assert imports.history("2")[-1]["date"] == day(38)


def test_the_option_counts_more_than_the_setting(database, settings, session, write_file):
    imports = Imports(database, settings.model_copy(update={"missing": "zero"}), session)
    files = {"sales": write_file(csv_text("store,date,sales", [(1, day(i), 5) for i in (0, 3, 9)]))}

    assert imports.dry_run(files).sales_rows == 10
    assert imports.dry_run(files, options={"missing": "unknown"}).sales_rows == 3


@pytest.mark.parametrize("name", ["missing", "duplicates", "date_order", "decimal"])
def test_an_option_has_a_few_values(name):
    with pytest.raises(InvalidRequest, match=f"'{name}' is 'maybe'. Allowed are '"):
        ImportOptions.from_dict({name: "maybe"})


def till(times: tuple[str, ...] = ("", "", "")) -> str:
    rows = [
        (1, f"{day(i)}{time}", 3 + n, int(i % 7 == 0))
        for i in range(20)
        for n, time in enumerate(times)
    ]
    return csv_text("store,date,sales,promo", rows)


@pytest.mark.parametrize(("duplicates", "total"), [("sum", 240), ("last", 100)])
def test_rows_of_a_till_are_made_one_per_day(imports, write_file, duplicates, total):
    report = imports.dry_run({"sales": write_file(till())}, options={"duplicates": duplicates})

    assert (report.sales_rows, report.totals[0].total) == (20, total)
    assert report.totals[1].total == 3
    assert report.notes[0].startswith("Several rows of a day: 60 rows were ")


def test_rows_of_a_till_are_refused_with_a_remedy(refusal, write_file):
    error = refusal(write_file(till()))

    assert error.remedy == Remedy.ADD_UP_ROWS
    assert "40 rows, for example lines 3, 4 and 6: a second row for store '1'" in error.detail


def test_receipts_with_a_time_of_day_are_added_up_too(imports, refusal, write_file):
    path = write_file(till((" 08:15", " 12:30:05", "T18:59")))

    assert refusal(path).remedy == Remedy.ADD_UP_ROWS
    assert imports.dry_run({"sales": path}, options={"duplicates": "sum"}).totals[0].total == 240


def test_an_unknown_sale_does_not_spoil_a_sum(imports, write_file):
    text = daily(["1"], 20) + f"1,{day(3)},\n1,{day(4)},6\n"

    report = imports.dry_run({"sales": write_file(text)}, options={"duplicates": "sum"})

    assert report.totals[0].total == sum(range(100, 120)) + 6


def test_covariates_of_repeated_rows_come_from_the_last_that_has_one(imports, write_file):
    text = csv_text(
        "store,date,sales,price",
        [(1, day(i), 1, price) for i in range(20) for price in (2.5, 3.5, None)],
    )

    report = imports.dry_run({"sales": write_file(text)}, options={"duplicates": "sum"})

    assert (report.totals[1].minimum, report.totals[1].maximum) == (3.5, 3.5)
