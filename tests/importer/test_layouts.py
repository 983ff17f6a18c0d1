"""Layouts: files as spreadsheets and people make them become rows per store and day."""

from __future__ import annotations

import pytest

from forecast_service.errors import FieldError, Remedy

from .rows import csv_text, daily, day

BODY = daily(["1", "2"], 30)


@pytest.mark.parametrize(
    ("start", "separator"),
    [("sep=;\n", ";"), ('"sep=;"\r\n', ";"), ("SEP=,\n", ","), ("sep=\t\n", "\t")],
)
def test_a_first_line_names_the_separator(report, write_file, start, separator):
    path = write_file((start + BODY.replace(",", separator)).encode())

    assert report(sales=path).sales_rows == 60


@pytest.mark.parametrize(
    "title",
    [
        "Sales report 2024,,\n",
        "Sales report 2024\n\n",
        "Report; all, stores\nmade on 2024-03-01, by Anna; Berlin\n\n",
        "Sales\n",
    ],
)
def test_titles_above_the_header_are_skipped_and_said(report, write_file, title):
    read = report(sales=write_file((title + BODY).encode()))

    line = title.count("\n") + 1
    assert read.sales_rows == 60
    assert read.notes == (
        f"'sales.csv': its header is line {line}; what stands above it was skipped.",
    )


def test_lines_are_counted_from_the_top_of_the_file(refusal, write_file):
    path = write_file(("sep=,\nReport\n\n" + daily(["1"], 8) + "1,2024-01-20,x\n").encode())

    assert refusal(path).errors[0].pointer == "line 13"


@pytest.mark.parametrize(
    "total",
    [
        "Total,,6870\n",
        ",Summe,6870\n",
        "Gesamt,6870\n",
        "Total general,,6870\n",
        "Grand total,,6870\n",
        "合计,,6870\n",
        "Suma,,6870\n,,\n,,\n",
    ],
)
def test_a_total_below_is_left_out_and_said(report, write_file, total):
    read = report(sales=write_file(BODY + total))

    assert read.sales_rows == 60
    assert len(read.notes) == 1
    assert "left out (line 62)" in read.notes[0]


def test_subtotals_between_the_stores_are_left_out(report, write_file):
    first = daily(["1"], 30) + "Zwischensumme Filiale 1,,3435\n"
    second = daily(["2"], 30).split("\n", 1)[1] + "Zwischensumme Filiale 2,,3435\nSumme,,6870\n"

    read = report(sales=write_file(first + second))

    assert (read.sales_rows, read.stores) == (60, 2)


def test_a_store_named_like_a_total_is_kept(report, write_file):
    assert report(sales=write_file(daily(["Total", "2"], 30))).stores == 2


def test_a_remark_below_a_blank_line_is_left_out_and_a_cut_off_line_is_not(
    report, refusal, write_file
):
    assert report(sales=write_file(BODY + "\nSource: tills of 2024\n")).sales_rows == 60
    assert refusal(write_file(BODY + "2,2024-01-3")).errors == (
        FieldError("line 62", "2 values where the header has 3 columns"),
    )


def test_columns_without_name_and_values_are_dropped(report, write_file):
    read = report(sales=write_file(BODY.replace("\n", ",,\n")))

    assert [column.name for column in read.columns] == ["Store", "Date", "Sales"]


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("store,year,month,day,sales", lambda i: (2024, 1 + i // 28, 1 + i % 28)),
        ("Filiale,Jahr,Monat,Tag,Umsatz", lambda i: (2024, 1 + i // 28, f"{1 + i % 28:02}")),
        ("store,Year,Month,DayOfMonth,sales", lambda i: (24, 1 + i // 28, 1 + i % 28)),
    ],
)
def test_years_months_and_days_become_dates(report, write_file, header, parts):
    rows = [("1", *parts(i), 5) for i in range(56)]

    read = report(sales=write_file(csv_text(header, rows)))

    assert (read.first_sale_on, read.last_sale_on) == ("2024-01-01", "2024-02-28")
    names = header.split(",")[1:4]
    listed = ", ".join(f"'{name}'" for name in names)
    assert f"'sales.csv': its dates are put together from the columns {listed}." in read.notes


def test_a_year_with_a_month_or_a_week_is_enough(report, write_file):
    months = csv_text(
        "store,année,mois,ventes", [("1", 2022 + i // 12, i % 12 + 1, 5) for i in range(30)]
    )
    weeks = csv_text("store,Jahr,KW,Umsatz", [("1", 2024, f"KW{i + 1}", 5) for i in range(30)])

    assert report(sales=write_file(months)).frequency == "M"
    read = report(sales=write_file(weeks))
    assert (read.frequency, read.first_sale_on) == ("W", "2024-01-01")


def test_a_day_that_does_not_exist_is_refused_by_its_line(refusal, write_file):
    path = write_file("store,year,month,day,sales\n1,2024,2,29,5\n1,2024,2,30,5\n")

    error = refusal(path)

    assert [finding.pointer for finding in error.errors] == ["line 3"]
    assert "'30 2 2024'" in error.detail


def test_calendar_columns_beside_a_date_do_not_replace_it(report, write_file):
    rows = [("1", day(i), 2020, 1, 1, 5) for i in range(40)]

    read = report(sales=write_file(csv_text("store,date,year,month,day_of_month,sales", rows)))

    assert read.last_sale_on == "2024-02-09"


def wide(days: list[str], key: str = "store", rows: tuple[str, ...] = ("1", "2")) -> str:
    return csv_text(",".join([key, *days]), [(name, *["10"] * len(days)) for name in rows])


@pytest.mark.parametrize(
    "written",
    [
        "{0}-{1:02}-{2:02}",
        "{2:02}.{1:02}.{0}",
        "{1}/{2}/{0}",
        "Sales {0}-{1:02}-{2:02}",
        "Mo {2:02}.{1:02}.{0}",
    ],
)
@pytest.mark.parametrize("key", ["store", "Standort kurz", ""])
def test_a_column_per_day_is_read_as_rows(report, write_file, written, key):
    days = [written.format(2024, month, number) for month in (1, 2) for number in range(1, 29)]

    read = report(sales=write_file(wide(days, key)))

    assert (read.sales_rows, read.stores) == (112, 2)
    assert (read.first_sale_on, read.last_sale_on) == ("2024-01-01", "2024-02-28")
    assert read.notes == (
        "'sales.csv' is a wide table: its 56 columns named by dates were read as days, from "
        "2024-01-01 to 2024-02-28.",
    )


def test_a_wide_table_may_have_items_titles_and_totals(report, write_file):
    days = [day(i) for i in range(40)]
    rows = [(s, item, *[2] * 40, 80) for s in "12" for item in ("milk", "bread")]
    total = ("Total", None, *[8] * 40, 320)
    text = csv_text(",".join(["store", "item", *days, "Total"]), [*rows, total])

    read = report(sales=write_file("Sales by store\n" + text))

    assert (read.sales_rows, read.stores, read.items) == (160, 2, 2)


def test_empty_cells_at_the_ends_of_a_wide_row_are_no_rows(report, write_file):
    days = [day(i) for i in range(40)]
    text = csv_text(
        ",".join(["store", *days]),
        [("1", *[None] * 10, *[5] * 30), ("2", *[5] * 20, None, *[5] * 10, *[None] * 9)],
    )

    read = report(sales=write_file(text))

    assert (read.sales_rows, read.missing_periods, read.horizon) == (60, 1, 10)


def test_a_bad_cell_of_a_wide_table_is_refused_by_its_line(refusal, write_file):
    text = wide([day(i) for i in range(20)]).replace("2,10", "2,many", 1)

    assert refusal(write_file(text)).errors[0].pointer == "line 3"


def test_a_column_per_store_is_read_when_it_is_said(report, refusal, write_file):
    rows = [(day(i), 5, 6, 11) for i in range(40)]
    path = write_file(csv_text("Datum,Köln,Aachen,Summe", rows))

    assert refusal(path).remedy == Remedy.NAME_SALES
    read = report({"wide": True}, sales=path)
    assert (read.sales_rows, read.stores) == (80, 2)


def test_a_table_that_is_not_wide_is_refused_as_such(refusal, write_file):
    assert "is not a wide table" in refusal(write_file(BODY), {"wide": True}).detail


AMBIGUOUS = "store,{}\n" + "\n".join(f"{s}," + ",".join(["5"] * 10) for s in (1, 2))


@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_the_option_tells_the_order_in_names_of_days(report, write_file, order):
    texts = [f"{n}/1/2024" if order == "dmy" else f"1/{n}/2024" for n in range(1, 11)]
    path = write_file(AMBIGUOUS.format(",".join(texts)))

    read = report({"date_order": order}, sales=path)

    assert (read.sales_rows, read.last_sale_on) == (20, "2024-01-10")


@pytest.mark.parametrize("month", ["January", "Januar", "janvier", "2024-01", "01"])
def test_months_have_names_or_years(report, write_file, month):
    rows = "".join(f"1,2024,{month},{n},{n}\n" for n in range(1, 29))
    if month == "2024-01":
        rows = "".join(f"1,2024,2024-{n:02},{n}\n" for n in range(1, 13))
    days = "" if month == "2024-01" else ",day"

    read = report(sales=write_file(f"store,year,month{days},sales\n{rows}"))

    assert read.first_sale_on == "2024-01-01"
    assert read.frequency == ("M" if month == "2024-01" else "D")


def test_rows_of_a_till_without_a_store_are_added_up(report, write_file):
    rows = "".join(f"{day(n)},{n}\n{day(n)},1\n" for n in range(28))

    read = report({"duplicates": "sum"}, sales=write_file("date,sales\n" + rows))

    assert (read.sales_rows, read.stores) == (28, 1)
