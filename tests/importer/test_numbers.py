"""Columns of numbers: thousands, decimal marks, currencies and cells that say "no value"."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.values.number_texts import parse_numbers

from .rows import csv_text, daily, day


def read(*texts: str | None, **known: object) -> list[float]:
    numbers = parse_numbers(pa.chunked_array([pa.array(texts, pa.string())]), "sales", **known)
    assert not len(numbers.bad), numbers.describe(int(numbers.bad[0]))
    return numbers.values.tolist()


def sales(texts: list[str], separator: str = ";") -> str:
    quote = '"' if separator == "," else ""
    rows = "".join(
        f"1{separator}{day(i)}{separator}{quote}{t}{quote}\n" for i, t in enumerate(texts)
    )
    return separator.join(("store", "date", "sales")) + "\n" + rows


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (("950", "1.050"), (950, 1050)),
        (("950", "1,050"), (950, 1050)),
        (("1.050,50", "1.200"), (1050.5, 1200)),
        (("1,050.50", "1,200"), (1050.5, 1200)),
        (("1.050.000", "1.200"), (1050000, 1200)),
        (("1,05,000", "1,200"), (105000, 1200)),
        (("1'050", "1\u2019200.5"), (1050, 1200.5)),
        (("1 050", "1\u00a0200,5", "1\u202f300"), (1050, 1200.5, 1300)),
        (("12.5", "1.050"), (12.5, 1.05)),
        (("12,5", "1,050"), (12.5, 1.05)),
        (("0.125", "1.050"), (0.125, 1.05)),
        (("3", "12", "4.125"), (3, 12, 4.125)),
        (("0", "1.050", "1.117"), (0, 1050, 1117)),
        (("\u20ac 1.050,50", "950 \u20ac"), (1050.5, 950)),
        (("$1,050.00", "-$3.50"), (1050, -3.5)),
        (("EUR 12,50", "9,90 EUR"), (12.5, 9.9)),
        (("1 050,00 z\u0142", "99,50 z\u0142"), (1050, 99.5)),
        (("(12.50)", "3.50-", "\u22124", "+5"), (-12.5, -3.5, -4, 5)),
        (("1e3", "2.5E-1"), (1000, 0.25)),
    ],
)
def test_a_column_is_read_in_the_one_way_that_its_numbers_allow(texts, values):
    assert read(*texts) == list(values)


@pytest.mark.parametrize(
    "word",
    [
        "NA",
        "NaN",
        "null",
        "NULL",
        "#N/A",
        "N/A",
        "?",
        "-",
        "none",
        " na ",
        "#NV",
        "k.A.",
        ".",
        "",
        None,
    ],
)
def test_words_for_no_value_are_empty_cells(word):
    assert np.isnan(read("5", word)[1])


@pytest.mark.parametrize(
    ("texts", "known", "value"),
    [
        (("1.050", "1.120"), {"usual": 980.0}, 1050),
        (("1.050", "1.120"), {"usual": 1.2}, 1.05),
        (("1.050", "1.120"), {"usual_decimal": ","}, 1050),
        (("1.050", "1.120"), {"decimal": "."}, 1.05),
        (("1,050", "1,120"), {"hint": "."}, 1050),
    ],
)
def test_what_is_known_beforehand_decides_what_the_numbers_leave_open(texts, known, value):
    assert read(*texts, **known)[0] == value


@pytest.mark.parametrize(
    ("texts", "separator"),
    [
        (["1.100", "1.115", "1.240"] * 9, ";"),
        (["1,100", "1,115", "1,240"] * 9, "\t"),
        (["1.100", "1,115", "1.240"] * 9, ";"),
        (["1234", "1.050", "1.117"] * 9, ";"),
    ],
)
def test_what_nothing_decides_is_a_question(refusal, write_file, texts, separator):
    error = refusal(write_file(sales(texts, separator)))

    assert error.remedy == Remedy.NAME_DECIMAL
    assert "no number of the column tells which mark is the decimal one" in error.detail


@pytest.mark.parametrize(("decimal", "total"), [("comma", 31095), ("point", 31.095)])
def test_the_question_is_answered_by_an_option(imports, write_file, decimal, total):
    path = write_file(sales(["1.100", "1.115", "1.240"] * 9))

    report = imports.dry_run({"sales": path}, options={"decimal": decimal})

    assert report.totals[0].total == pytest.approx(total)


def test_the_report_says_how_thousands_were_read(imports, write_file):
    report = imports.dry_run({"sales": write_file(sales(["950", "1.050"] * 9))})

    assert report.notes == (
        "'sales': '1.050' is read as 1050, as the comma is the decimal mark of this column.",
    )


def test_two_decimal_marks_in_a_column_are_refused(refusal, write_file):
    error = refusal(write_file(sales(["12.5", "13.5", "14,5", "15.5", "16.5"])))

    assert error.errors[0].detail == (
        "'sales' is '14,5', but in other numbers of the column the point is the decimal mark; "
        "write all numbers in one way"
    )


def test_a_later_delivery_of_one_row_is_read_as_those_before(import_files, write_file, imports):
    import_files(sales=write_file(sales([f"{950 + i}" for i in range(40)] + ["1.050", "1.117"])))

    import_files("INCREMENTAL", sales=write_file(f"store;date;sales\n1;{day(42)};1.123\n"))

    assert imports.history("1", start=day(42))[0]["sales"] == 1123


def test_numbers_of_a_parquet_file_are_taken_as_they_are(imports, tmp_path):
    path = tmp_path / "sales.parquet"
    columns = {"store": [1] * 9, "date": [day(i) for i in range(9)], "sales": [1.05] * 9}
    pq.write_table(pa.table(columns), path)

    assert imports.dry_run({"sales": path}).totals[0].maximum == 1.05


@pytest.mark.parametrize("word", ["NA", "n/a", "null", "?"])
def test_a_column_of_numbers_with_words_for_no_value_is_one_covariate(imports, write_file, word):
    text = daily(
        ["1"],
        60,
        header="store,date,sales,open,price",
        cells=lambda s, i: (
            5 if i < 50 else None,
            word if i % 20 == 3 else int(i % 7 != 6),
            word if i > 55 else 2.5,
        ),
    )

    report = imports.dry_run({"sales": write_file(text)})

    assert report.covariates == ("open", "price")


def test_a_column_without_any_number_in_the_future_is_past_only(imports, write_file):
    text = daily(
        ["1"],
        60,
        header="store,date,sales,visitors",
        cells=lambda s, i: (5, 9) if i < 50 else (None, "NA"),
    )

    assert imports.dry_run({"sales": write_file(text)}).past_only == ("visitors",)


def test_a_few_mistakes_among_few_numbers_are_refused(refusal, write_file):
    text = daily(
        ["1"],
        100,
        header="store,date,sales,promo",
        cells=lambda s, i: (5, "x" if i == 7 else i % 2),
    )

    assert refusal(write_file(text)).errors[0].pointer == "line 9"


def test_letters_beside_a_single_number_are_texts(imports, write_file):
    text = daily(
        ["1"],
        100,
        header="store,date,sales,holiday",
        cells=lambda s, i: (5, "a" if i == 7 else 0),
    )

    assert imports.dry_run({"sales": write_file(text)}).covariates == ("holiday_a",)


def test_one_price_and_words_beside_it_are_numbers(imports, write_file):
    text = daily(
        ["1"],
        100,
        header="store,date,sales,price",
        cells=lambda s, i: (5, "n b" if i == 7 else 2.5),
    )

    with pytest.raises(InvalidData, match="line 9: 'price' is 'n b', which is not a plain number"):
        imports.dry_run({"sales": write_file(text)})


def test_totals_show_what_is_off_by_a_thousand(imports, write_file):
    rows = [(s, day(i), v) for s, v in (("1", 5), ("2", 5000)) for i in range(30)]
    stores = write_file("store,region\n1,north\n2,south\n", "stores.csv")

    report = imports.dry_run(
        {"sales": write_file(csv_text("store,date,sales", rows)), "stores": stores}
    )

    assert [line for line in report.lines() if "in total" in line] == [
        "sales in north: 150 in total, from 5 to 5, last on 2024-01-30.",
        "sales in south: 150,000 in total, from 5,000 to 5,000, last on 2024-01-30.",
    ]
