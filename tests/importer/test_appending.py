"""Imports that add to an earlier import, or correct it."""

from __future__ import annotations

from forecast_service.storage.tables import series, stores

from .rows import HEADER, cells, csv_text, daily, day


def test_a_new_day_is_added_and_keeps_the_known_covariates(
    shop, write_file, import_files, imports, one, group
):
    report = import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(56)},321\n"))

    assert report.lines() == [
        "Read sales.csv: 1 row (sales).",
        "Sales: 1 daily row of 1 store, 2024-02-26 to 2024-02-26.",
        "Stores per region: north 1.",
        "Columns read: store as store, date as date, sales as sales.",
        "sales: 321 in total, from 321 to 321, last on 2024-02-26.",
        "No plan from 2024-03-11 on (2 stores): 'open' follows the store's usual weekdays of the "
        "last 8 weeks, yes/no columns count as 0, numbers keep their last value.",
        "Horizon: 14 days, because it was fixed by the first import of this dataset group.",
    ]
    assert imports.history("1", start=day(56)) == [
        {
            "date": day(56),
            "sales": 321.0,
            "stockout": False,
            "covariates": {"open": 1.0, "promo": 1.0, "state_holiday_a": 0.0},
        }
    ]
    assert group().data_version == 2
    assert group().last_sale_on == day(56)
    assert one(stores, store="1").days == 57
    assert one(stores, store="2").last_sale_on == day(55)


def test_a_new_store_without_covariates_is_filled_by_rule_from_its_first_sale(
    shop, write_file, import_files, one
):
    rows = "".join(f"9,{day(number)},7\n" for number in range(40, 56))

    report = import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n{rows}"))

    assert one(stores, store="9").assumed_from == day(40)
    assert report.by_rule.first_on == day(40)


def test_days_after_the_known_future_are_recorded_as_filled_by_rule(
    shop, write_file, import_files, one
):
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(56)},321\n"))

    assert one(stores, store="2").assumed_from == day(70)


def test_future_days_that_are_imported_later_replace_the_rule(
    shop, write_file, import_files, one, session
):
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(56)},321\n"))
    future = daily(["1"], 5, first=69, header="Store,Date,Promo", cells=lambda s, i: (1,))

    report = import_files("INCREMENTAL", future=write_file(future, "future.csv"))

    assert one(stores, store="1").assumed_from is None
    assert one(stores, store="2").assumed_from == day(70)
    assert report.first_sale_on is None
    jobs = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    assert len(jobs) == 6  # three by the first import, two by the second, one by the third


def test_a_day_is_corrected(shop, write_file, import_files, imports, one):
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n2,{day(3)},7\n"))

    assert [row["sales"] for row in imports.history("2", start=day(2), end=day(4))] == [100, 7, 100]
    assert imports.history("2", start=day(3), end=day(3))[0]["covariates"]["promo"] == 1.0
    assert one(stores, store="2").days == 56


def test_future_days_do_not_erase_sales(shop, write_file, import_files, imports):
    future = daily(["1"], 20, first=50, header="Store,Date,Promo", cells=lambda s, i: (0,))

    import_files("INCREMENTAL", future=write_file(future, "future.csv"))

    last = imports.history("1")[-2]
    assert (last["date"], last["sales"], last["covariates"]["promo"]) == (day(54), 100.0, 0.0)


def test_a_new_store_is_added_with_its_first_days(shop, write_file, import_files, one, session):
    text = daily(["3"], 10, first=46, header=HEADER, cells=cells)

    report = import_files("INCREMENTAL", sales=write_file(text))

    assert (report.stores, report.new_stores) == (1, 1)
    assert one(stores, store="3").region == "all"
    assert one(stores, store="3").assumed_from == day(56)
    jobs = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    metadata = [j for j in jobs if "store_demand_metadata" in j["DatasetImportJobArn"]]
    assert len(metadata) == 2  # the metadata must have the new store too


def test_an_addition_without_an_earlier_import_becomes_full_with_a_note(
    import_files, write_file, group
):
    report = import_files("INCREMENTAL", sales=write_file(daily(["1"], 40)))

    assert report.mode == "FULL"
    assert report.notes == ("Mode INCREMENTAL became FULL: there was no earlier import to add to.",)
    assert group().covariates == ()


def test_a_new_day_of_an_item_is_added(import_files, write_file, imports, one):
    rows = [(s, item, day(i), i, 0) for s in "12" for item in ("a", "b") for i in range(40)]
    import_files(sales=write_file(csv_text("store,item,date,sales,promo", rows)))

    import_files(
        "INCREMENTAL", sales=write_file(f"store,item,date,sales,promo\n2,b,{day(40)},99,1\n")
    )

    assert imports.history("2", item="b", limit=1)[0]["sales"] == 99
    assert imports.history("2", item="a", limit=1)[0]["sales"] == 39
    assert one(series, store="2", item="b").last_sale_on == day(40)


def test_the_last_days_of_all_items_are_shown_with_their_newest_sales(
    import_files, write_file, imports
):
    rows = [(s, item, day(i), i, 0) for s in "12" for item in ("a", "b") for i in range(40)]
    import_files(sales=write_file(csv_text("store,item,date,sales,promo", rows)))
    import_files(
        "INCREMENTAL", sales=write_file(f"store,item,date,sales,promo\n2,a,{day(39)},7,1\n")
    )

    shown = imports.history("2", limit=3)

    assert [(row["date"], row["item"], row["sales"]) for row in shown] == [
        (day(38), "b", 38),
        (day(39), "a", 7),
        (day(39), "b", 39),
    ]
    assert [row["covariates"]["promo"] for row in shown] == [0, 1, 0]
    assert imports.history("2", item="c", limit=3) == []
