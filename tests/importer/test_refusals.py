"""Refusals of rows, columns and requests: the whole file is refused, with a remedy."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from forecast_service.errors import (
    FieldError,
    InvalidData,
    InvalidRequest,
    Remedy,
    UnknownField,
)
from forecast_service.importer import Imports
from forecast_service.importer.options import ImportOptions
from forecast_service.settings import Settings
from forecast_service.storage.tables import resources, series_files

from .rows import GOOD, daily


def test_a_missing_store_column_is_named_with_the_recognised_names(refusal, write_file):
    error = refusal(write_file("Kasse,Date,Sales\n1,2024-01-01,5\n2,2024-01-01,6\n"))

    assert error.detail == (
        "'sales.csv' has no column for a store. Its columns are 'Kasse', 'Date', 'Sales'. A day "
        "occurs more than once, so the rows seem to be of several stores. Recognised names are "
        "'store', 'store_number', 'store_id', 'store_nbr', 'store_no', 'store_code', 'storeid', "
        "'shop' and others, also in other languages."
    )
    assert error.remedy == Remedy.NAME_STORE


def test_missing_sales_are_named_with_the_recognised_names(refusal, write_file):
    error = refusal(write_file("Store,Date\n1,2024-01-01\n"))

    assert error.detail.startswith(
        "'sales.csv' has no column for sales. Its columns are 'Store', 'Date'."
    )


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("1,soon,5", "'Date' is 'soon', which is not a date; write it as 2015-07-31"),
        ("1,2024-02-30,5", "'Date' is '2024-02-30', which is not a date; write it as 2015-07-31"),
        ("1,,5", "'Date' is empty; every row needs a date such as 2015-07-31"),
        ("1,0203-01-01,5", "'Date' is '0203-01-01'; allowed are the years 1970 to 2100"),
        (
            "1,2024-01-20 08:30:00,5",
            "'Date' is '2024-01-20 08:30:00', which has a time of day; "
            "add up the sales of each day first",
        ),
        (
            "1,03/04/2024,5",
            "'Date' is '03/04/2024'; is the day or the month first? Write it as 2015-07-31",
        ),
        (
            "1,2024-01-20,many",
            "'Sales' is 'many', which is not a plain number; write a number such as 12.5",
        ),
        (
            "1,2024-01-20,inf",
            "'Sales' is 'inf', which is not a plain number; write a number such as 12.5",
        ),
        (
            "1,2024-01-20,1e999",
            "'Sales' is '1e999', which is not a plain number; write a number such as 12.5",
        ),
        (
            "1,2024-01-20,-3.5",
            "'Sales' is -3.5; sales below 0 are allowed only as returns",
        ),
        (",2024-01-20,5", "'Store' is empty; every row needs a value"),
    ],
)
def test_a_bad_row_is_refused_by_its_line(refusal, write_file, line, finding):
    error = refusal(write_file(GOOD + line + "\n"))

    assert error.errors == (FieldError("line 10", finding),)
    assert error.detail == (
        f"'sales.csv' was not imported, and nothing of it was kept: line 10: {finding}. "
        "Correct the file and import it again."
    )


def test_lines_are_counted_across_quoted_line_breaks_and_blank_lines(refusal, write_file):
    text = 'Store,Date,Sales,Note\n1,2024-01-01,5,"two\nlines"\n\n1,2024-01-02,x,\n'

    assert refusal(write_file(text)).errors[0].pointer == "line 5"


def test_a_duplicate_store_day_names_both_lines(refusal, write_file):
    error = refusal(write_file(GOOD + "1,2024-01-03,7\n"))

    assert error.errors == (
        FieldError(
            "line 10",
            "a second row for store '1' on 2024-01-03; the first is line 4 of 'sales.csv'",
        ),
    )


def test_a_duplicate_in_the_second_file_names_the_first(refusal, write_file):
    future = write_file("Store,Date,Sales\n1,2024-01-08,7\n", "future.csv")

    error = refusal(write_file(GOOD), future=future)

    assert error.detail == (
        "'future.csv' was not imported, and nothing of it was kept: line 2: a second row for "
        "store '1' on 2024-01-08; the first is line 9 of 'sales.csv'. Correct the file and "
        "import it again."
    )


def test_many_rows_with_one_kind_of_fault_are_counted(refusal, write_file):
    bad = "".join(f"1,2024-02-{d:02},x\n" for d in range(1, 29))
    more = "".join(f"2,2024-02-{d:02},x\n" for d in range(1, 20))

    error = refusal(write_file(GOOD + bad + more))

    assert [e.pointer for e in error.errors] == [f"line {line}" for line in range(10, 20)]
    assert error.detail == (
        "'sales.csv' was not imported, and nothing of it was kept: 47 rows, for example lines "
        "10-12: 'Sales' is 'x', which is not a plain number; write a number such as 12.5. Correct "
        "the file and import it again."
    )


def test_bad_rows_of_parquet_are_counted_as_rows(refusal, tmp_path):
    path = tmp_path / "sales.parquet"
    columns = {"store": [1, 1], "date": ["2024-01-01", "never"], "sales": [1.5, 2.0]}
    pq.write_table(pa.table(columns), path)

    assert refusal(path).errors[0].pointer == "row 2"


def test_columns_of_the_same_name_are_refused(refusal, write_file):
    assert refusal(write_file("Store,Date,Sales,Sales\n1,2024-01-01,5,5\n")).detail == (
        "'sales.csv' has 2 columns named 'Sales'. Give every column a name of its own."
    )


def test_a_mistyped_year_is_refused(refusal, write_file):
    error = refusal(write_file(GOOD + "1,2042-01-09,5\n"))

    assert error.errors == (
        FieldError(
            "line 10",
            "2042-01-09 is at least 6,576 days away from 2024-01-08, with no row in between; "
            "at most 366 are allowed. Is the year mistyped?",
        ),
    )


def test_a_file_without_any_sale_is_refused(refusal, write_file):
    assert refusal(write_file("Store,Date,Sales\n1,2024-01-01,\n")).detail == (
        "'sales.csv' has no sales to import. Fill in the column of sales."
    )


def test_a_history_of_three_days_is_too_short(refusal, write_file):
    assert refusal(write_file(daily(["1"], 3))).detail == (
        "The history covers 3 days; at least 4 are needed, because a horizon is at most a quarter "
        "of the history. Import more days of sales."
    )


def test_a_few_mistakes_in_a_column_of_numbers_are_refused(refusal, write_file):
    text = daily(
        ["1"],
        400,
        header="Store,Date,Sales,Price",
        cells=lambda store, index: (5, "x" if index == 7 else 1.5 + index),
    )

    assert refusal(write_file(text)).errors == (
        FieldError(
            "line 9", "'Price' is 'x', which is not a plain number; write a number such as 12.5"
        ),
    )


def test_too_many_covariates_are_refused(refusal, write_file):
    names = [f"promo_{n}" for n in range(14)]
    text = daily(
        ["1"], 8, header="Store,Date,Sales," + ",".join(names), cells=lambda s, i: (5, *[i] * 14)
    )

    error = refusal(write_file(text))

    assert error.detail.startswith("The files have 14 covariates: 'promo_0', 'promo_1',")
    assert error.detail.endswith(" At most 13 are allowed.")
    assert error.remedy == Remedy.IGNORE_COLUMNS


def test_a_requested_store_that_is_not_in_the_file_is_refused(refusal, write_file):
    assert refusal(write_file(daily(["2", "10"], 8)), {"only": ["3"]}).detail == (
        "Store '3' is not in 'sales.csv', which has the stores '2', '10'. "
        "Name stores that are in the file."
    )


def test_a_future_file_with_items_does_not_fit_sales_without(refusal, write_file):
    future = write_file("store,item,date,promo\n1,milk,2024-01-09,0\n", "future.csv")

    assert refusal(write_file(GOOD), future=future).detail == (
        "'sales.csv' has no column for the item, but 'future.csv' has 'item'. "
        "Give both files the column, or neither."
    )


def test_a_store_table_names_each_store_once(refusal, write_file):
    stores = write_file("Store,Type\n1,a\n2,b\n1,c\n", "stores.csv")

    assert refusal(write_file(GOOD), stores=stores).errors == (
        FieldError("line 4", "a second row for store '1'; the first is line 2"),
    )


def test_a_region_column_that_is_absent_is_refused_with_the_columns(
    settings: Settings, database, session, write_file
):
    wanted = settings.model_copy(update={"region_column": "Area"})
    files = {"sales": write_file(GOOD), "stores": write_file("Store,Type\n1,a\n", "stores.csv")}

    with pytest.raises(InvalidData) as caught:
        Imports(database, wanted, session).dry_run(files)

    assert caught.value.detail == (
        "'stores.csv' has no column 'Area' (FORECAST_REGION_COLUMN). Its other columns are 'Type'. "
        "Name one of them, or unset the variable."
    )


def test_an_unknown_mode_role_or_option_is_refused(imports: Imports, write_file):
    path = write_file(GOOD)

    with pytest.raises(InvalidRequest, match=r"'mode' is 'PARTLY'\. Allowed are 'FULL'"):
        imports.request({"sales": path}, "PARTLY")
    with pytest.raises(UnknownField, match="'weather' is not a role of a file"):
        imports.request({"sales": path, "weather": path})
    with pytest.raises(
        InvalidRequest, match="An import in mode 'FULL' needs a file for 'sales', but none"
    ):
        imports.request({"stores": path})
    with pytest.raises(UnknownField, match="'fast' is not an option of an import"):
        ImportOptions.from_dict({"fast": True})
    with pytest.raises(InvalidRequest, match="'stores_limit' is 0"):
        ImportOptions.from_dict({"stores_limit": 0})


def test_a_refused_import_leaves_nothing_behind(
    import_files, imports, database, settings, write_file, group
):
    with pytest.raises(InvalidData, match="line 10: 'Sales' is 'x'"):
        import_files(sales=write_file(GOOD + "1,2024-01-20,x\n"))

    with database.read() as connection:
        for table in (resources, series_files):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
    assert group() is None
    kept = [
        path
        for path in settings.home.rglob("*")
        if path.is_file() and "forecast.db" not in path.name
    ]
    assert kept == []
    failed = imports.list()[0]
    assert failed["state"] == "failed"
    assert failed["error"]["errors"] == [
        {
            "pointer": "line 10",
            "detail": "'Sales' is 'x', which is not a plain number; write a number such as 12.5",
        }
    ]
