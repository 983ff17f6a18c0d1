"""Files of covariates are joined to the sales by store and date."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidData

from .rows import csv_text, daily, day

STORES = ("1", "2")
FEATURES = csv_text(
    "store,date,Temp,Promo",
    [(s, day(i), i / 2, i % 2) for s in STORES for i in range(-5, 44)],
)


def covariates(imports, store: str, on: int) -> dict[str, float]:
    (row,) = imports.history(store, start=day(on), end=day(on))
    return row["covariates"]


@pytest.mark.parametrize("role", ["features", "future"])
def test_features_of_past_and_coming_days_are_joined(import_files, write_file, imports, role):
    features = write_file(FEATURES, "features.csv")

    read = import_files(sales=write_file(daily(STORES, 30)), **{role: features})

    assert read.covariates == ("temp", "promo")
    assert (read.known_future_periods, read.horizon) == (14, 7)
    assert "'features.csv' was joined to 'sales.csv' by store and date: 60 of its 98 rows." in (
        read.notes
    )
    assert covariates(imports, "2", 7) == {"temp": 3.5, "promo": 1}


def test_a_calendar_without_stores_is_for_all_of_them(import_files, write_file, imports):
    calendar = csv_text("date,Feiertag", [(day(i), int(i % 9 == 0)) for i in range(44)])

    import_files(sales=write_file(daily(STORES, 30)), features=write_file(calendar, "calendar.csv"))

    assert [covariates(imports, s, 9) for s in STORES] == [{"feiertag": 1}] * 2


def test_features_without_items_are_for_all_items(import_files, write_file, imports):
    rows = [(s, item, day(i), 5) for s in STORES for item in ("a", "b") for i in range(30)]

    read = import_files(
        sales=write_file(csv_text("store,item,date,sales", rows)),
        features=write_file(FEATURES, "features.csv"),
    )

    assert read.known_future_periods == 14
    days = imports.history("1", start=day(7), end=day(7))
    assert [row["covariates"] for row in days] == [{"temp": 3.5, "promo": 1}] * 2


def test_the_cells_of_the_sales_count_first_and_empty_ones_are_filled(
    import_files, write_file, imports
):
    sales = daily(
        STORES, 30, header="Store,Date,Sales,promo", cells=lambda s, i: (5, 0 if i < 20 else None)
    )

    read = import_files(sales=write_file(sales), features=write_file(FEATURES, "features.csv"))

    assert covariates(imports, "1", 7)["promo"] == 0
    assert covariates(imports, "1", 21)["promo"] == 1
    assert "20 cells of 'features.csv' differ from those of 'sales.csv', which count." in read.notes


def test_features_and_a_plan_may_overlap(import_files, write_file):
    plan = csv_text("store,date,Promo", [(s, day(30 + i), 1) for s in STORES for i in range(14)])

    read = import_files(
        sales=write_file(daily(STORES, 30)),
        future=write_file(plan, "future.csv"),
        features=write_file(FEATURES, "features.csv"),
    )

    assert set(read.covariates) == {"promo", "temp"}


def test_a_day_that_occurs_twice_in_the_features_is_refused(refusal, write_file):
    features = write_file(FEATURES + f"1,{day(3)},5,0\n", "features.csv")

    error = refusal(write_file(daily(STORES, 30)), features=features)

    assert error.errors[0].detail == (
        "a second row for store '1' on 2024-01-04; the first is line 10 of 'features.csv'"
    )


@pytest.mark.parametrize("role", ["sales", "future", "features"])
def test_a_plan_alone_is_added_to_the_data(import_files, write_file, imports, role):
    import_files(sales=write_file(daily(STORES, 30)), features=write_file(FEATURES, "features.csv"))
    plan = csv_text("store,date,promo", [("1", day(7), 0), ("1", day(32), 1)])

    read = import_files("INCREMENTAL", **{role: write_file(plan, "plan.csv")})

    assert read.sales_rows == 0
    assert covariates(imports, "1", 7) == {"temp": 3.5, "promo": 0}


def test_a_plan_in_place_of_sales_is_refused_in_a_full_import(import_files, write_file):
    import_files(sales=write_file(daily(STORES, 30)), features=write_file(FEATURES, "features.csv"))

    with pytest.raises(InvalidData, match="has no column for sales"):
        import_files(sales=write_file("store,date,promo\n1,2024-03-01,1\n", "plan.csv"))


def test_a_misspelt_column_of_sales_is_not_taken_for_a_plan(import_files, write_file):
    import_files(sales=write_file(daily(STORES, 30)), features=write_file(FEATURES, "features.csv"))

    with pytest.raises(InvalidData, match="has no column for sales"):
        import_files("INCREMENTAL", sales=write_file("store,date,saels\n1,2024-03-01,1\n"))


def test_the_last_row_of_a_day_is_joined_where_days_may_repeat(import_files, write_file, imports):
    rows = [(s, day(i), n) for s in STORES for i in range(44) for n in (5, 7)]
    files = {
        "sales": write_file(daily(STORES, 30)),
        "features": write_file(csv_text("store,date,price", rows), "features.csv"),
    }

    read = import_files(options={"duplicates": "last"}, **files)

    assert (read.sales_rows, read.known_future_periods) == (60, 14)
    assert [covariates(imports, "1", on) for on in (3, 29)] == [{"price": 7}] * 2


def test_dates_of_joined_files_have_one_order(report, write_file):
    rows = [(s, f"{i + 1}/1/2024", i % 2) for s in STORES for i in range(12)]
    sold = [(s, f"{i + 1}/1/2024", 5) for s in STORES for i in range(28)]
    sales = csv_text("store,date,sales", sold)

    read = report(
        sales=write_file(sales),
        features=write_file(csv_text("store,date,price", rows), "features.csv"),
    )

    assert any("24 of its 24 rows" in note for note in read.notes)
