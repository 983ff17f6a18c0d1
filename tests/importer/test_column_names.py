"""Column names: kept as they are, and turned into identifiers and back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_service.importer.files.column_names import (
    attribute_name,
    column_keys,
    folded,
    known_name,
    plain_attribute_name,
    shown_name,
    shown_text,
    snake,
)

from .rows import csv_text, day


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Promo+", "Promo-"),
        ("促销", "节假日"),
        ("Größe", "Grösse"),
        ("Preis €", "Preis $"),
        ("Temp °C", "Temp °F"),
        ("Rabatt %", "Rabatt"),
        ("Акция", "Скидка"),
        ("促销+", "促销-"),
    ],
)
def test_different_names_stay_different_and_are_shown_as_they_were(one, other):
    assert attribute_name(one) != attribute_name(other)
    assert shown_name(attribute_name(one)) == snake(one)


@given(st.text(st.characters(categories=["L", "N", "S", "Pd", "Zs"]), min_size=1, max_size=30))
def test_every_name_becomes_a_valid_identifier(title):
    name = attribute_name(title)

    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]{0,62}", name)
    assert snake(snake(title)) == snake(title)


def test_names_that_have_always_been_valid_are_not_changed():
    names = ["promo", "state_holiday_a", "type_field", "open", "promo2_since_week"]

    assert [attribute_name(name) for name in names] == names


def test_names_of_earlier_versions_still_count():
    assert known_name("Größe", ["gr_e", "promo"]) == "gr_e"
    assert known_name("Größe", [attribute_name("Größe"), "gr_e"]) == attribute_name("Größe")
    assert known_name("Höhe", ["gr_e"]) is None
    assert plain_attribute_name("Größe") == "gr_e"


def test_columns_with_the_same_plain_name_are_numbered_whatever_their_order():
    expected = {"Promo": "promo", "promo": "promo_2", "PROMO!": "promo_3"}

    assert column_keys(["promo", "Promo"]) == {"Promo": "promo", "promo": "promo_2"}
    assert set(column_keys(list(expected)).values()) == set(expected.values())


def test_sentences_have_the_names_of_the_columns():
    assert shown_text(f"'{attribute_name('促销')}' was 3") == "'促销' was 3"
    assert shown_text("'promo' was 3") == "'promo' was 3"


def test_accents_do_not_matter_for_known_words():
    assert folded("Größe") == "grosse"
    assert folded("Wartość sprzedaży") == "wartosc_sprzedazy"


@pytest.mark.parametrize(
    "names",
    [("促销", "节假日"), ("Promo+", "Promo-"), ("Акция", "Праздник"), ("Preis €", "Preis $"),
     ("Promo", "PROMO")],
)  # fmt: skip
def test_covariates_keep_their_names(report, write_file, names):
    header = ",".join(names)
    sales = [("1", day(i), 100 + i, i % 2, i % 3 == 0) for i in range(60)]
    future = [("1", day(60 + i), 1, 0) for i in range(14)]
    sales = [(*row[:4], int(row[4])) for row in sales]

    read = report(
        sales=write_file(csv_text(f"store,date,sales,{header}", sales)),
        future=write_file(csv_text(f"store,date,{header}", future), "future.csv"),
    )

    assert len(read.covariates) == 2
    assert [c.role for c in read.columns if c.name in names] == ["covariate"] * 4


def test_a_reason_for_leaving_a_column_out_is_true(report, write_file):
    header = "store,date,sales,id,index,week,month,note"
    rows = [
        (s, day(i), 5, f"{s}{i}", i % 4, i % 3 if s == "2" else i // 7, 1 + i // 31, None)
        for s in "12"
        for i in range(50)
    ]

    columns = {c.name: c.reason for c in report(sales=write_file(csv_text(header, rows))).columns}

    assert columns["id"] == "it numbers the rows"
    assert columns["month"] == "it follows from the date"
    assert columns["note"] == "it is empty"
    past = "it is known for the past only (no file has its future values)"
    assert (columns["index"], columns["week"]) == (past, past)


def test_a_group_of_an_earlier_version_takes_the_columns_that_it_has(
    import_files, write_file, imports, group
):
    """Earlier versions wrote ``Größe`` as ``gr_e``, as a covariate and as an attribute."""
    rows = [("1", day(i), 5, i % 2) for i in range(30)]
    sales = write_file(csv_text("store,date,sales,gr_e open", rows))
    import_files(sales=sales, stores=write_file("store,gr_e\n1,450\n", "stores.csv"))

    import_files(
        sales=write_file(csv_text("store,date,sales,Größe öopen", rows)),
        stores=write_file("store,Größe\n1,460\n", "stores.csv"),
    )
    import_files("INCREMENTAL", sales=write_file(f"store,date,Größe öopen\n1,{day(30)},1\n"))

    assert group().covariates == ("gr_e_open",)


def test_the_history_shows_covariates_under_their_own_names(import_files, write_file, imports):
    rows = [("1", day(i), 100 + i, i % 2, 1) for i in range(40)]
    header = "store,date,sales,促销,Promo+"

    import_files(sales=write_file(csv_text(header, rows)))

    assert imports.history("1", limit=1)[0]["covariates"] == {"促销": 1, "promo+": 1}
