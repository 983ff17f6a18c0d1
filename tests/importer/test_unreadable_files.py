"""Refusals of files that are not a readable table, with a remedy."""

from __future__ import annotations

import gzip

import pytest

from forecast_service.errors import FieldError, InvalidData, Remedy
from forecast_service.importer import Imports
from forecast_service.importer.files.text_tables import SENT_ROWS

from .rows import GOOD


def test_a_damaged_workbook_is_refused(refusal, write_file):
    error = refusal(write_file(b"PK\x03\x04rest", "sales.xlsx"))

    assert error.detail == (
        "'sales.xlsx' is a damaged spreadsheet, or a zip archive of something else. Allowed are "
        "CSV (also .gz), Parquet and spreadsheets (xlsx, xls, xlsb, ods)."
    )


def test_a_binary_file_is_refused(refusal, write_file):
    assert "is a binary file, not CSV" in refusal(write_file(b"a\0b")).detail


def test_an_empty_file_is_refused(refusal, write_file):
    assert refusal(write_file("")).detail == (
        "'sales.csv' is empty. It needs a header line and one line per store and day."
    )


@pytest.mark.parametrize("text", ["Store,Date,Sales\n", "Store,Date,Sales", "what is this"])
def test_a_header_alone_is_refused(refusal, write_file, text):
    assert refusal(write_file(text)).detail == (
        "'sales.csv' has a header line and nothing below it. Add one line per store and day."
    )


def test_damaged_utf_8_is_refused_with_its_line(refusal, write_file):
    good = GOOD.replace("Sales", "Verkäufe").encode()

    error = refusal(write_file(good + "1,2024-01-20,5\nKöln,2024-01-20,5\n".encode("latin-1")))

    assert error.detail == (
        "'sales.csv' is not UTF-8: line 11 has the byte 0xF6. "
        "Save it as 'CSV UTF-8', or name its encoding, such as 'cp1252'."
    )
    assert error.remedy == Remedy.NAME_ENCODING


def test_a_truncated_gzip_is_refused(refusal, write_file):
    error = refusal(write_file(gzip.compress(GOOD.encode())[:-12], "sales.csv.gz"))

    assert error.detail == (
        "'sales.csv.gz' is cut off: the gzip file ends before its end mark. Transfer it again."
    )


def test_a_damaged_gzip_is_refused(refusal, write_file):
    content = bytearray(gzip.compress(GOOD.encode()))
    content[20] ^= 0xFF

    assert (
        "'sales.csv.gz' is a damaged gzip file"
        in refusal(write_file(bytes(content), "sales.csv.gz")).detail
    )


def test_a_damaged_parquet_file_is_refused(refusal, write_file):
    assert refusal(write_file(b"PAR1 nothing", "sales.parquet")).detail == (
        "'sales.parquet' is a damaged Parquet file. Write or transfer it again."
    )


def test_an_open_quote_is_refused(refusal, write_file):
    text = 'Store,Date,Sales\n1,2024-01-01,"5\n' + "1,2024-01-02,5\n" * 20_000

    assert "is a quote left open?" in refusal(write_file(text)).detail


def test_rows_of_unequal_length_are_refused(refusal, write_file):
    error = refusal(write_file(GOOD + "1,2024-01-20\n1,2024-01-21,5,6\n"))

    assert error.errors == (
        FieldError("line 10", "2 values where the header has 3 columns"),
        FieldError("line 11", "4 values where the header has 3 columns"),
    )


def test_a_file_that_does_not_exist_is_refused_at_once(imports: Imports, tmp_path):
    with pytest.raises(InvalidData, match=r"nowhere\.csv' cannot be read: No such file"):
        imports.request({"sales": tmp_path / "nowhere.csv"})

    assert imports.list() == []


def test_rows_that_were_sent_as_json_are_named_by_their_pointer(write_file, refusal):
    error = refusal(write_file("store,date,sales\n1,2024-01-01,5\n1,2024-01-02,x\n", SENT_ROWS))

    assert error.detail.startswith(f"'{SENT_ROWS}' was not imported")
    assert [finding.pointer for finding in error.errors] == ["/sales/1"]
