"""Columns of dates: spreadsheets, orders of day and month, weeks and months by name."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from forecast_service.errors import Remedy
from forecast_service.importer.values.conventions import Conventions
from forecast_service.importer.values.date_texts import parse_days
from forecast_service.importer.values.text_columns import iso

from .rows import START, csv_text


def read(*texts: str, title: str = "date", order: str | None = None) -> list[str]:
    column = pa.chunked_array([pa.array(texts, pa.string())])
    days = parse_days(column, title, Conventions(date_order=order))
    assert not len(days.bad), days.describe(int(days.bad[0]))
    return [iso(value) for value in days.values]


def written(form: str, days: int = 40, first: int = 0) -> list[str]:
    return [f"{START + dt.timedelta(days=i):{form}}" for i in range(first, first + days)]


def sales(dates: list[str], title: str = "date") -> str:
    return csv_text(f"store,{title},sales", [(1, date, 100 + i) for i, date in enumerate(dates)])


@pytest.mark.parametrize(
    "text",
    [
        *("2024-01-13 0:00", "13.01.2024 0:00", "2024-01-13T00:00:00.000Z", "13.1.2024"),
        *("2024-01-13 12:00 AM", "2024-01-13 12:00:00 a.m.", "13.01.2024 00:00 Uhr", "20240113"),
        *("2024/1/13", "2024.01.13", "13. 1. 2024", "13.01.24", "2024\u5e741\u670813\u65e5"),
        *("13 Jan 2024", "13-Jan-24", "13-JAN-2024", "Jan 13, 2024", "January 13 2024"),
        *("13. Januar 2024", "13 janv. 2024", "13 de enero de 2024", "13 gennaio 2024"),
        *("13 stycznia 2024", "13th January 2024", "2024-Jan-13", "45304", "45304.0"),
        *("Sat, 13 Jan 2024", "Sa, 13.01.2024", "Saturday, January 13, 2024", "sam. 13 janv. 2024"),
    ],
)
def test_a_date_in_any_spelling_is_read(text):
    assert read(text) == ["2024-01-13"]


def test_march_is_no_tuesday():
    assert read("Mar 5 2024", "mar 5 mars 2024") == ["2024-03-05", "2024-03-05"]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("13/1/2024 0:00", "dmy"),
        ("1/13/2024 0:00", "mdy"),
        ("13-01-24", "dmy"),
        ("24-01-13", "ymd"),
    ],
)
def test_a_date_is_read_in_its_order(text, order):
    assert read(text, order=order) == ["2024-01-13"]


@pytest.mark.parametrize(
    ("text", "title", "begin"),
    [
        ("2023-W01", "week", "2023-01-02"),
        ("2023W52", "week", "2023-12-25"),
        ("2020-W53", "date", "2020-12-28"),
        ("KW 01/2023", "woche", "2023-01-02"),
        ("2023 week 1", "week", "2023-01-02"),
        ("W01-2023", "week", "2023-01-02"),
        ("202301", "week", "2023-01-02"),
        ("202301", "month", "2023-01-01"),
        ("2024-01", "month", "2024-01-01"),
        ("01/2024", "month", "2024-01-01"),
        ("2024M01", "period", "2024-01-01"),
        ("Jan 2024", "month", "2024-01-01"),
        ("M\u00e4rz 2024", "month", "2024-03-01"),
        ("Jan-24", "month", "2024-01-01"),
    ],
)
def test_weeks_and_months_are_read_by_name(text, title, begin):
    assert read(text, title=title) == [begin]


@pytest.mark.parametrize(
    "text",
    ["2023-W54", "2024-13", "45304.5", "99999", "1234", "Foo 2024", "31.02.2024", "1/13/2024"],
)
def test_what_is_no_date_is_refused(refusal, write_file, text):
    path = write_file(sales([*written("%d/%m/%Y"), text]))

    assert refusal(path).errors[0].pointer == "line 42"


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y", "%m/%d/%y 0:00"])
def test_one_order_holds_for_all_files_of_a_delivery(imports, write_file, form):
    future = written(form, 10, 91)  # from 2024-04-01: no day above 12
    plan = csv_text("store,date,promo", [(1, date, 1) for date in future])

    report = imports.dry_run(
        {"sales": write_file(sales(written(form, 91))), "future": write_file(plan, "future.csv")}
    )

    assert (report.last_sale_on, report.known_future_last_on) == ("2024-03-31", "2024-04-10")


def test_the_order_in_the_future_file_settles_that_of_the_sales(imports, write_file):
    plan = csv_text("store,date,promo", [(1, date, 1) for date in written("%d/%m/%Y", 20, 12)])

    report = imports.dry_run(
        {
            "sales": write_file(sales(written("%d/%m/%Y", 12))),
            "future": write_file(plan, "future.csv"),
        }
    )

    assert report.last_sale_on == "2024-01-12"


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y"])
def test_later_deliveries_have_the_order_of_the_group(import_files, write_file, imports, form):
    import_files(sales=write_file(sales(written(form, 91))))

    import_files("INCREMENTAL", sales=write_file(sales(written(form, 2, 91))))

    assert imports.history("1")[-1]["date"] == "2024-04-02"


def test_an_order_that_nothing_settles_is_a_question(refusal, write_file, imports):
    path = write_file(sales(written("%d/%m/%Y", 12)))

    error = refusal(path)

    assert error.remedy == Remedy.NAME_DATE_ORDER
    assert "12 rows, for example lines 2-4: 'date' is '01/01/2024'; is the day or" in error.detail
    assert imports.dry_run({"sales": path}, options={"date_order": "dmy"}).sales_rows == 12


def test_a_year_of_two_digits_that_may_stand_first_is_a_question(refusal, write_file):
    assert refusal(write_file(sales(written("%y-%m-%d")))).remedy == Remedy.NAME_DATE_ORDER


def test_day_numbers_of_a_spreadsheet_are_said(imports, write_file):
    report = imports.dry_run({"sales": write_file(sales([str(45292 + i) for i in range(40)]))})

    assert report.notes == (
        "'date' has day numbers of a spreadsheet: '45292' is read as 2024-01-01.",
    )


def test_a_number_among_dates_is_no_day_of_a_spreadsheet(refusal, write_file):
    error = refusal(write_file(sales([*written("%Y-%m-%d"), "45340"])))

    assert "only if the whole column lies in 1990 to 2060" in error.errors[0].detail


@pytest.mark.parametrize(
    ("header", "rows", "frequency"),
    [
        ("store,year,week,sales", [(1, 2023, w, 9) for w in range(1, 53)], "W"),
        ("store,Jahr,KW,sales", [(1, 2023, w, 9) for w in range(1, 53)], "W"),
        ("store,year,month,sales", [(1, 2023, m, 9) for m in range(1, 13)], "M"),
    ],
)
def test_a_year_and_its_weeks_or_months_are_dates(imports, write_file, header, rows, frequency):
    report = imports.dry_run({"sales": write_file(csv_text(header, rows))})

    assert (report.frequency, report.sales_rows) == (frequency, len(rows))
    assert report.first_sale_on in ("2023-01-02", "2023-01-01")


def weeks(title: str, first: str, count: int = 30) -> str:
    start = dt.date.fromisoformat(first)
    return sales([str(start + dt.timedelta(weeks=w)) for w in range(count)], title)


@pytest.mark.parametrize(
    ("title", "end", "frequency", "begin"),
    [
        ("week_ending", "2023-01-08", "W", "2023-01-02"),
        ("Week End Date", "2023-01-07", "W-SUN", "2023-01-01"),
        ("WeekEnding", "2023-01-06", "W-SAT", "2022-12-31"),
    ],
)
def test_a_week_ends_where_its_column_says(imports, write_file, title, end, frequency, begin):
    report = imports.dry_run({"sales": write_file(weeks(title, end))})

    assert (report.frequency, report.first_sale_on) == (frequency, begin)
    assert f"{end} is dated on its first day," in report.notes[0]


@pytest.mark.parametrize("title", ["week_ending", "Week End Date", "week", "month", "kw", "Woche"])
@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])
def test_days_are_days_whatever_their_column_is_called(imports, write_file, title, form):
    report = imports.dry_run({"sales": write_file(sales(written(form, 60), title))})

    assert (report.frequency, report.first_sale_on) == ("D", "2024-01-01")
    assert not any("weeks" in note for note in report.notes)


def test_one_day_is_added_to_days_whatever_its_column_is_called(import_files, write_file, imports):
    import_files(sales=write_file(sales(written("%Y-%m-%d", 60))))

    import_files("INCREMENTAL", sales=write_file(sales(["2024-03-01"], "week_ending")))

    assert imports.history("1")[-1]["date"] == "2024-03-01"


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "Sales %d-%m-%Y"])
def test_the_order_in_names_of_columns_holds_for_later_deliveries(
    import_files, write_file, imports, form
):
    days = written(form, 60)
    table = "\n".join([f"store,{','.join(days)}", f"1,{','.join(['5'] * 60)}"]) + "\n"
    import_files(sales=write_file(table))

    later = written(form.removeprefix("Sales "), 2, 60)
    import_files("INCREMENTAL", sales=write_file(sales(later)))

    assert [row["date"] for row in imports.history("1")[-3:]] == [
        "2024-02-29",
        "2024-03-01",
        "2024-03-02",
    ]


def test_weeks_that_older_versions_took_for_first_days_stay_that(import_files, write_file, imports):
    import_files(sales=write_file(weeks("date", "2023-01-08")))

    import_files("INCREMENTAL", sales=write_file(weeks("week_ending", "2023-08-06", 1)))

    assert imports.history("1")[-1]["date"] == "2023-08-06"


def test_a_delivery_by_week_ends_is_added_to_one(import_files, write_file, imports):
    import_files(sales=write_file(weeks("week_ending", "2023-01-08")))

    import_files("INCREMENTAL", sales=write_file(weeks("week_ending", "2023-08-06", 1)))

    assert imports.history("1")[-1]["date"] == "2023-07-31"
