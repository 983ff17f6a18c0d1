"""Spreadsheets: the sheet with sales is found and read as it looks in the program."""

from __future__ import annotations

import datetime as dt

import pytest

from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.spreadsheets import read_spreadsheet

from .rows import START
from .workbooks import xlsx

HEADER = ["Filiale", "Datum", "Umsatz", "Werbung"]


def sales(days: int = 40, store: object = "0012") -> list[list[object]]:
    return [
        [store, START + dt.timedelta(day), 100.5 + day, "ja" if day % 2 else "nein"]
        for day in range(days)
    ]


def test_a_sheet_is_read_with_its_dates_and_numbers(report, write_file):
    path = write_file(xlsx({"Daten": [HEADER, *sales()]}), "export.xlsx")

    read = report(sales=path)

    assert (read.sales_rows, read.stores) == (40, 1)
    assert (read.first_sale_on, read.last_sale_on) == ("2024-01-01", "2024-02-09")


def test_texts_with_leading_zeros_stay_texts_and_whole_numbers_have_no_point(write_file, report):
    rows = [HEADER, *sales(40, "0012"), *sales(40, 12)]

    assert report(sales=write_file(xlsx({"a": rows}), "a.xlsx")).stores == 2


def test_titles_above_and_totals_below_are_left_out(report, write_file):
    rows = [["Umsatzbericht"], [], HEADER, *sales(), ["Summe", None, 4800.0]]

    read = report(sales=write_file(xlsx({"a": rows}), "a.xlsx"))

    assert read.sales_rows == 40
    assert "'a.xlsx': rows of totals are left out (row 44)." in read.notes


def test_a_column_per_day_may_have_dates_as_its_names(report, write_file):
    days = [START + dt.timedelta(day) for day in range(45)]
    rows = [["Markt", *days], [7, *[1.5] * 45], [8, *[2] * 45], ["Gesamt", *[3.5] * 45]]

    read = report(sales=write_file(xlsx({"a": rows}), "a.xlsx"))

    assert (read.sales_rows, read.stores) == (90, 2)


def test_the_sheet_with_the_columns_of_sales_is_read(report, write_file):
    book = xlsx({"Deckblatt": [["Bericht"], ["von", "Controlling"]], "Daten": [HEADER, *sales()]})

    read = report(sales=write_file(book, "a.xlsx"))

    assert read.sales_rows == 40
    assert "'a.xlsx' has 2 sheets; 'Daten' was read." in read.notes


def test_several_sheets_with_sales_are_a_question(refusal, report, write_file):
    path = write_file(xlsx({"Nord": [HEADER, *sales()], "Süd": [HEADER, *sales(30)]}), "a.xlsx")

    error = refusal(path)

    assert error.detail == (
        "'a.xlsx' has 2 sheets with the columns of sales: 'Nord', 'Süd'. Name one of them, or "
        "put all rows on one sheet."
    )
    assert error.remedy == Remedy.NAME_SHEET
    assert report({"sheet": "Süd"}, sales=path).sales_rows == 30


def test_an_absent_sheet_is_refused_with_those_that_exist(refusal, write_file):
    path = write_file(xlsx({"Daten": [HEADER, *sales()]}), "a.xlsx")

    assert refusal(path, {"sheet": "Blatt 2"}).detail == (
        "'a.xlsx' has no sheet 'Blatt 2'. Its sheets are 'Daten'."
    )


def test_a_bad_cell_is_refused_by_its_row(refusal, write_file):
    rows = [["Umsatzbericht"], HEADER, *sales(8), ["0012", "bald", 5.0, "ja"]]

    assert refusal(write_file(xlsx({"a": rows}), "a.xlsx")).errors[0].pointer == "row 11"


def test_an_archive_that_is_no_workbook_is_refused():
    with pytest.raises(InvalidData, match="is a damaged spreadsheet, or a zip archive"):
        read_spreadsheet(b"PK\x03\x04 something", "a.zip", None)


def test_a_column_without_name_and_values_is_not_read(report, write_file):
    rows = [[*HEADER, ""], *([*row, None] for row in sales())]

    columns = report(sales=write_file(xlsx({"a": rows}), "a.xlsx")).columns

    assert [column.name for column in columns] == HEADER


def test_two_columns_of_one_name_are_refused(refusal, write_file):
    rows = [[*HEADER, "Werbung"], *([*row, "ja"] for row in sales())]

    assert refusal(write_file(xlsx({"a": rows}), "a.xlsx")).detail == (
        "'a.xlsx' has 2 columns named 'Werbung'. Give every column a name of its own."
    )
