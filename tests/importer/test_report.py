"""The report of an import."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast_service.importer import ImportReport, Imports
from forecast_service.settings import Settings

from .rows import csv_text, daily, day

PLAN = "Store,Date,Sales,Open,Promo,StateHoliday,Customers,DayOfWeek"


def planned(store: str, index: int) -> tuple[object, ...]:
    """One day of a store that is closed on Sundays."""
    opened = int(index % 7 != 6)
    holiday = "a" if index == 0 else "b" if index == 1 else "0"
    return (100 * opened, opened, index % 2, holiday, 50 * opened, index % 7 + 1)


@pytest.fixture
def report(imports: Imports) -> Callable[..., ImportReport]:
    """The report of files by role."""

    def look(
        mode: str = "FULL", options: dict[str, object] | None = None, **files: Path
    ) -> ImportReport:
        return imports.dry_run(files, mode, options)

    return look


@pytest.fixture
def shop(write_file) -> dict[str, Path]:
    """Sales of 60 days of two stores, and 10 future days of the first."""
    future = daily(
        ["1"],
        10,
        first=60,
        header="Store,Date,Open,Promo,StateHoliday,DayOfWeek",
        cells=lambda s, i: (int(i % 7 != 6), 0, "0", i % 7 + 1),
    )
    return {
        "sales": write_file(daily(["1", "2"], 60, header=PLAN, cells=planned)),
        "future": write_file(future, "future.csv"),
    }


def test_the_report_shows_stores_dates_covariates_and_left_out_columns(report, shop):
    assert report(**shop).lines() == [
        "Read sales.csv: 120 rows (sales).",
        "Read future.csv: 10 rows (future days).",
        "Sales: 120 daily rows of 2 stores, 2024-01-01 to 2024-02-29.",
        "Stores per region: all 2.",
        "Columns read: Store as store, Date as date, Sales as sales.",
        "Covariates: Open (open), Promo (promo), StateHoliday (state_holiday_a, state_holiday_b).",
        "Left out: Customers, because it is known for the past only "
        "(absent or empty in the future days).",
        "Left out: DayOfWeek, because it follows from the date.",
        "sales: 10,400 in total, from 0 to 100, last on 2024-02-29.",
        "open: 112 in total, from 0 to 1, last on 2024-03-10.",
        "promo: 60 in total, from 0 to 1, last on 2024-03-10.",
        "state_holiday_a: 2 in total, from 0 to 1, last on 2024-03-10.",
        "state_holiday_b: 2 in total, from 0 to 1, last on 2024-03-10.",
        "Known future: 10 days, 2024-03-01 to 2024-03-10.",
        "No plan from 2024-03-01 on (1 store): 'open' follows the store's usual weekdays of the "
        "last 8 weeks, yes/no columns count as 0, numbers keep their last value.",
        "Horizon: 10 days, because the known future is that long.",
        "Fixed for later imports: one row per day and store; horizon 10 days; covariates open, "
        "promo, state_holiday_a, state_holiday_b. A full import with 'replace' can change them.",
    ]


def test_a_report_survives_json(report, shop):
    original = report(**shop)

    assert ImportReport.from_dict(json.loads(json.dumps(original.to_dict()))) == original


def test_empty_sales_after_the_last_one_are_the_known_future(report, write_file):
    text = daily(
        ["1"],
        40,
        header="Store,Date,Sales,Promo",
        cells=lambda store, index: (5 if index < 33 else None, 0),
    )

    found = report(sales=write_file(text))

    assert (found.sales_rows, found.known_future_periods, found.horizon) == (33, 7, 7)


def test_empty_sales_inside_the_history_are_missing(report, write_file):
    text = daily(["1"], 40, cells=lambda store, index: (None if index in (5, 6) else 5,))

    found = report(sales=write_file(text))

    assert (found.sales_rows, found.missing_periods) == (38, 2)
    assert "Empty sales: 2 days. Missing days count as unknown, not as zero." in found.lines()


def test_a_long_time_without_rows_is_a_gap(report, write_file):
    rows = [
        (store, day(i), 5) for store in "12" for i in range(100) if store == "1" or not 30 <= i < 60
    ]

    found = report(sales=write_file(csv_text("Store,Date,Sales", rows)))

    assert (found.gaps.series, found.gaps.longest_days, found.gaps.examples) == (1, 30, ("2",))


def test_without_future_days_planned_columns_are_kept_and_others_past_only(report, write_file):
    found = report(sales=write_file(daily(["1"], 60, header=PLAN, cells=planned)))

    assert found.covariates == ("open", "promo", "state_holiday_a", "state_holiday_b")
    assert found.past_only == ("Customers",)
    assert found.by_rule.first_on == "2024-03-01"
    assert found.horizon_reason.endswith(
        "it would be 28 (it is the default, as no file has future days)"
    )


def test_a_column_that_is_empty_in_the_future_days_is_past_only(report, write_file):
    text = daily(
        ["1"],
        40,
        header="Store,Date,Sales,Promo,Footfall",
        cells=lambda store, index: (5, 0, 9) if index < 36 else (None, 1, None),
    )

    assert report(sales=write_file(text)).past_only == ("Footfall",)


def test_free_text_is_left_out(report, write_file):
    text = daily(
        ["1"],
        40,
        header="Store,Date,Sales,Event",
        cells=lambda store, index: (5 if index < 36 else None, f"no. {index}"),
    )

    column = report(sales=write_file(text)).columns[-1]

    assert (column.name, column.role) == ("Event", "left out")
    assert column.reason == "it has 40 different texts; at most 12 can be used"


@pytest.mark.parametrize(
    ("cells", "covariates"),
    [
        (("yes", "no"), ("promo",)),
        (("TRUE", "FALSE"), ("promo",)),
        (("flyer", "none"), ("promo_flyer",)),
        (("flyer", "tv"), ("promo_tv",)),
        (("12.5", "0"), ("promo",)),
    ],
)
def test_texts_become_flags_or_indicators(report, write_file, cells, covariates):
    text = daily(
        ["1"],
        41,
        header="Store,Date,Sales,Promo",
        cells=lambda store, index: (5, cells[index % 2]),
    )

    assert report(sales=write_file(text)).covariates == covariates


def test_semicolons_and_decimal_commas_are_read(report, write_file):
    rows = "".join(f"1;{i:02}.01.2024;12,5\n" for i in range(1, 32))

    found = report(
        sales=write_file("Filiale_x;Store;Datum;Sales\n".replace("Filiale_x;", "") + rows)
    )

    assert (found.sales_rows, found.first_sale_on, found.last_sale_on) == (
        31,
        "2024-01-01",
        "2024-01-31",
    )


@pytest.mark.parametrize(
    ("first", "expected"),
    [("31/01/2024", "2024-01-31"), ("01/31/2024", "2024-01-31"), ("20240131", "2024-01-31")],
)
def test_other_ways_to_write_dates_are_read_if_they_are_unambiguous(
    report, write_file, first, expected
):
    text = f"Store,Date,Sales\n1,{first},5\n1,2024-01-01,5\n"

    assert report(sales=write_file(text)).last_sale_on == expected


def test_the_horizon_is_a_quarter_of_the_history_at_most(report, write_file):
    future = daily(["1"], 30, first=40, header="Store,Date,Promo", cells=lambda s, i: (0,))
    sales = daily(["1"], 40, header="Store,Date,Sales,Promo", cells=lambda s, i: (5, 1))

    found = report(sales=write_file(sales), future=write_file(future, "future.csv"))

    assert found.horizon == 10
    assert found.horizon_reason == (
        "at most a quarter of the 40 days of history is allowed; without this limit it would be 30 "
        "(the known future is that long)"
    )


def test_the_horizon_can_be_set(database, session, settings: Settings, write_file):
    imports = Imports(database, settings.model_copy(update={"horizon": 5}), session)

    found = imports.dry_run({"sales": write_file(daily(["1"], 40))})

    assert (found.horizon, found.horizon_reason) == (5, "it is set by FORECAST_HORIZON")


def test_an_import_can_be_limited_to_some_stores(report, write_file):
    sales = write_file(daily(["10", "9", "2"], 40))

    assert report(sales=sales, options={"only": ["9", "2"]}).stores == 2
    assert report(sales=sales, options={"stores_limit": 2}).sales_rows == 80


def test_the_first_stores_are_taken_by_the_numbers_in_their_names(report, write_file):
    sales = write_file(daily(["CA_10", "CA_2", "CA_1"], 40))
    stores = write_file("store_id,Region\nCA_10,R10\nCA_2,R2\nCA_1,R1\n", "stores.csv")

    shown = report(sales=sales, stores=stores, options={"stores_limit": 2})

    assert list(shown.regions) == ["R1", "R2"]


def test_returns_are_allowed_by_an_option(report, write_file):
    sales = write_file(daily(["1"], 40, cells=lambda store, index: (index - 3,)))

    assert report(sales=sales, options={"allow_returns": True}).sales_rows == 40


def test_the_region_column_names_the_regions(report, write_file):
    stores = write_file("store_id,Region,Type\n1,north,a\n2,,b\n", "stores.csv")

    found = report(sales=write_file(daily(["1", "2", "3"], 40)), stores=stores)

    assert found.regions == {"all": 2, "north": 1}
    assert found.notes == ("'stores.csv' has no row for 1 of the stores with sales.",)
    assert [(c.name, c.becomes) for c in found.columns if c.role == "attribute"] == [
        ("Region", ("region",)),
        ("Type", ("type_field",)),
    ]


def test_a_store_that_never_sold_is_left_out_and_named(report, write_file):
    sales = write_file(daily(["1"], 40) + f"2,{day(3)},\n")

    found = report(sales=sales)

    assert found.stores == 1
    assert found.notes == ("Left out: 1 store without sales: 2. It is added with its first sale.",)


@pytest.mark.parametrize(
    ("only", "stores"),
    [
        (["Paris, Nord"], 1),
        (["Paris, Nord,Lyon"], 2),
        (["Lyon, Paris, Nord , A/B"], 3),
        (["Lyon", "Paris, Nord"], 2),
        (["Paris"], 1),
        ([" Lyon "], 1),
        (["Paris,Paris, Nord,Lyon,A/B"], 4),
    ],
)
def test_a_list_of_stores_keeps_names_with_commas(report, write_file, only, stores):
    names = ['"Paris, Nord"', "Paris", "Lyon", "A/B"]
    rows = [(name, day(i), 5) for name in names for i in range(30)]
    sales = write_file(csv_text("Store,Date,Sales", rows))

    assert report(sales=sales, options={"only": only}).stores == stores


def test_a_column_with_a_comma_can_be_ignored(report, write_file):
    rows = [("1", day(i), 5, i % 3, i % 2) for i in range(40)]
    header = 'Store,Date,Sales,"Price, net",Promo'
    sales = write_file(csv_text(header, rows))

    found = report(sales=sales, options={"ignore": ["Price, net"]})

    assert {c.name for c in found.columns if c.role == "left out"} >= {"Price, net"}
    assert {c.name: c.reason for c in found.columns}["Price, net"] == "the option 'ignore' names it"
