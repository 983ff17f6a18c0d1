"""Weekdays on which a store never sold: it counts as closed then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forecast_service.importer.history import covariates_key, read_rows
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import stores

from .rows import csv_text, day

MONDAY_TO_FRIDAY, WITHOUT_MONDAY = (0, 1, 2, 3, 4), (1, 2, 3, 4, 5, 6)
SATURDAY = 5


def selling_on(weekdays: tuple[int, ...], days: int, store: str = "1", first: int = 0) -> str:
    """Rows on these weekdays (0 is Monday), and none on the others."""
    rows = [(store, day(i), 100) for i in range(first, first + days) if i % 7 in weekdays]
    return csv_text("store,date,sales", rows)


@pytest.fixture
def opened(database, settings) -> Callable[[], dict[str, float]]:
    """Reads what the dataset group knows of ``open``, by date."""

    def read() -> dict[str, float]:
        key = covariates_key(settings.dataset_group)
        rows = read_rows(SnapshotStore(database, settings.home), key, {"open": "open"})
        return {day(int(d) - 19723): v for d, v in zip(rows.day, rows.values["open"], strict=True)}

    return read


@pytest.mark.parametrize(
    ("weekdays", "words", "code"),
    [
        (MONDAY_TO_FRIDAY, "Saturday or Sunday", "SAT,SUN"),
        (WITHOUT_MONDAY, "Monday", "MON"),
        ((2, 4, 5), "Monday, Tuesday, Thursday or Sunday", "MON,TUE,THU,SUN"),
    ],
)
def test_a_store_counts_as_closed_on_weekdays_it_never_sold_on(
    import_files, write_file, one, opened, weekdays, words, code
):
    report = import_files(sales=write_file(selling_on(weekdays, 82)))

    assert report.notes[-1] == (
        f"Never sold on {words}: 1 store: 1. The forecast is 0 on these days, as if 'open' were 0."
    )
    assert one(stores, store="1").rest_days == code
    assert one(stores, store="1").assumed_from is None
    closed = {date for date, value in opened().items() if value == 0}
    assert closed == {day(i) for i in range(min(weekdays), 110) if i % 7 not in weekdays} & set(
        opened()
    )
    assert {day(i) for i in range(84, 98) if i % 7 not in weekdays} <= closed


def test_rows_of_zero_are_no_sales(import_files, write_file, one):
    rows = [("1", day(i), 0 if i % 7 == 6 else 50) for i in range(70)]

    import_files(sales=write_file(csv_text("store,date,sales", rows)))

    assert one(stores, store="1").rest_days == "SUN"


def test_a_single_sale_on_a_weekday_is_enough_to_count_as_open(import_files, write_file, one):
    text = selling_on(MONDAY_TO_FRIDAY, 82) + f"1,{day(SATURDAY)},3\n"

    import_files(sales=write_file(text))

    assert one(stores, store="1").rest_days == "SUN"


def test_a_short_history_proves_nothing_until_it_is_longer(import_files, write_file, one):
    report = import_files(sales=write_file(selling_on(MONDAY_TO_FRIDAY, 26)))
    assert (report.notes, one(stores, store="1").rest_days) == ((), None)

    import_files("INCREMENTAL", sales=write_file(selling_on(MONDAY_TO_FRIDAY, 40, first=28)))

    assert one(stores, store="1").rest_days == "SAT,SUN"


def test_seldom_sales_need_a_longer_history(import_files, write_file, one):
    rows = [("1", day(i), 5) for i in range(0, 80, 9) if i % 7 != 6]

    import_files(sales=write_file(csv_text("store,date,sales", rows)))

    assert one(stores, store="1").rest_days is None


def test_a_store_that_begins_to_sell_on_a_weekday_is_open_then(
    import_files, write_file, one, opened
):
    import_files(sales=write_file(selling_on(MONDAY_TO_FRIDAY, 82)))

    import_files("INCREMENTAL", sales=write_file(selling_on((SATURDAY,), 7, first=77)))

    assert one(stores, store="1").rest_days == "SUN"
    assert {opened()[day(i)] for i in range(SATURDAY, 100, 7)} == {1.0}


def test_every_later_import_keeps_the_rule(import_files, write_file, one, group):
    import_files(sales=write_file(selling_on(MONDAY_TO_FRIDAY, 82)))

    import_files(sales=write_file(selling_on(range(7), 82)))
    assert (one(stores, store="1").rest_days, group().covariates) == (None, ("open",))

    import_files(sales=write_file(selling_on(MONDAY_TO_FRIDAY, 112)))
    assert one(stores, store="1").rest_days == "SAT,SUN"


def test_items_that_sell_seldom_are_not_closed_when_their_store_sells(
    import_files, write_file, one
):
    rows = [
        ("1", item, day(i), 4)
        for i in range(84)
        for item in ("milk", "ink")
        if item == "milk" or i % 7 == 0
    ]
    rows += [("1", "ink", day(i), 1) for i in (3, 9, 17, 33)]

    import_files(sales=write_file(csv_text("store,item,date,sales", rows)))

    assert one(stores, store="1").rest_days is None


def test_a_plan_for_weekdays_only_is_completed(import_files, write_file, opened):
    rows = [
        ("1", day(i), 100 if i < 84 else None, 1) for i in range(98) if i % 7 in MONDAY_TO_FRIDAY
    ]

    import_files(sales=write_file(csv_text("store,date,sales,open", rows)))

    future = [opened()[day(i)] for i in range(82, 94)]
    assert future == [0.0 if i % 7 > 4 else 1.0 for i in range(82, 94)]


def test_stated_openings_are_believed(import_files, write_file, one, opened):
    rows = [
        ("1", day(i), (100 if i % 7 < 5 else 0) if i < 84 else None, int(i % 7 < 5 or i >= 84))
        for i in range(96)
    ]

    report = import_files(sales=write_file(csv_text("store,date,sales,open", rows)))

    assert one(stores, store="1").rest_days is None
    assert opened()[day(89)] == 1.0
    assert report.notes == ()


def test_weekly_data_have_no_rest_days(import_files, write_file, one, group):
    rows = [("1", day(i), 700) for i in range(0, 210, 7)]

    import_files(sales=write_file(csv_text("store,date,sales", rows)))

    assert (one(stores, store="1").rest_days, group().covariates) == (None, ())


def test_a_gap_is_not_filled_where_files_state_openings(import_files, write_file, opened):
    rows = [("1", day(i), 100 * (i % 7 < 6), int(i % 7 < 6)) for i in range(120) if not 40 < i < 70]

    import_files(sales=write_file(csv_text("store,date,sales,open", rows)))

    assert not {day(i) for i in range(41, 70)} & set(opened())


def test_a_full_import_gives_rest_days_to_a_group_without_openings(
    import_files, write_file, one, group, database
):
    import_files(sales=write_file(selling_on(range(7), 82)))
    assert group().covariates == ()

    added = import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(83)},5\n"))
    assert added.notes == ()
    report = import_files(sales=write_file(selling_on(MONDAY_TO_FRIDAY, 112)))

    assert group().covariates == ("open",)
    assert one(stores, store="1").rest_days == "SAT,SUN"
    assert report.fixed == "Changes what earlier imports fixed: covariates none → open."


@pytest.mark.parametrize("column", ["promo", "price"])
def test_rest_days_join_the_covariates_of_files(import_files, write_file, group, one, column):
    def file(weekdays, count):
        rows = [("1", day(i), 100, i % 2) for i in range(count) if i % 7 in weekdays]
        return write_file(csv_text(f"store,date,sales,{column}", rows))

    import_files(sales=file(range(7), 82))
    assert group().covariates == (column,)

    import_files(sales=file(MONDAY_TO_FRIDAY, 112))
    assert group().covariates == (column, "open")
    assert one(stores, store="1").rest_days == "SAT,SUN"
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales,{column}\n1,{day(112)},5,1\n"))
    assert group().covariates == (column, "open")


def test_an_undo_brings_back_rest_days_and_conventions(
    import_files, write_file, imports, one, group
):
    import_files(sales=write_file(selling_on(MONDAY_TO_FRIDAY, 82)))
    conventions = group().conventions
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(82)},5\n"))
    import_files(sales=write_file(selling_on(range(7), 82)))
    assert one(stores, store="1").rest_days is None

    imports.undo()
    imports.undo()

    assert one(stores, store="1").rest_days == "SAT,SUN"
    assert group().conventions == conventions
    assert conventions["open"] == "rest_days"
