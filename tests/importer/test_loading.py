"""Imports through the Amazon Forecast API: datasets, our own tables, additions and corrections."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from forecast_service.errors import InvalidData, NotFound
from forecast_service.importer import KIND, Imports, fail
from forecast_service.importer.writing import write_parquet
from forecast_service.local.snapshots import SnapshotStore
from forecast_service.queue import new_id
from forecast_service.tables import dataset_groups, series, stores, work
from forecast_service.tables import imports as import_rows

from .rows import csv_text, daily, day

HEADER = "Store,Date,Sales,Open,Promo,StateHoliday,Customers"


def cells(store: str, index: int) -> tuple[object, ...]:
    """A day of a store that is closed on Sundays and has a holiday on the first day."""
    opened = int(index % 7 != 6)
    return (100 * opened, opened, index % 2, "a" if index == 0 else "0", 9)


@pytest.fixture
def shop(write_file, import_files) -> None:
    """An installation with 56 days of two stores, 14 known future days, and a store table."""
    future = daily(
        ["1", "2"],
        14,
        first=56,
        header="Store,Date,Open,Promo,StateHoliday",
        cells=lambda store, index: (int(index % 7 != 6), 1, "0"),
    )
    import_files(
        sales=write_file(daily(["1", "2"], 56, header=HEADER, cells=cells)),
        future=write_file(future, "future.csv"),
        stores=write_file("Store,Region,Type\n1,north,a\n2,south,b\n", "stores.csv"),
    )


@pytest.fixture
def one(database):
    """The only row of a table, or the row of a store."""

    def read(table: sa.Table, **where: Any) -> Any:
        statement = sa.select(table).filter_by(**where)
        with database.read() as connection:
            return connection.execute(statement).one()

    return read


def dataset(session, name: str) -> dict[str, Any]:
    """DescribeDataset by name."""
    pages = session.forecast.get_paginator("list_datasets").paginate()
    arns = {d["DatasetName"]: d["DatasetArn"] for page in pages for d in page["Datasets"]}
    return session.forecast.describe_dataset(DatasetArn=arns[name])


def columns(session, name: str) -> list[str]:
    """Attribute names of a dataset."""
    return [a["AttributeName"] for a in dataset(session, name)["Schema"]["Attributes"]]


def test_an_import_creates_datasets_in_the_retail_domain(shop, session):
    assert columns(session, "store_demand") == ["item_id", "timestamp", "demand"]
    assert columns(session, "store_demand_related") == [
        "item_id", "timestamp", "open", "promo", "state_holiday_a",
    ]  # fmt: skip
    assert columns(session, "store_demand_metadata") == ["item_id", "region", "type_field"]
    groups = session.forecast.list_dataset_groups()["DatasetGroups"]
    arn = groups[0]["DatasetGroupArn"]
    assert groups[0]["DatasetGroupName"] == "store_demand_group"
    assert len(session.forecast.describe_dataset_group(DatasetGroupArn=arn)["DatasetArns"]) == 3


def test_all_import_jobs_become_active(shop, session):
    jobs = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]

    assert [job["Status"] for job in jobs] == ["ACTIVE"] * 3


def test_an_import_records_group_stores_and_series(shop, one):
    group, store = one(dataset_groups), one(stores, store="2")

    assert (group.horizon, group.data_version, group.last_sale_on) == (14, 1, day(55))
    assert group.covariates == ["open", "promo", "state_holiday_a"]
    assert (store.region, store.attributes) == ("south", {"region": "south", "type_field": "b"})
    assert (store.first_sale_on, store.last_sale_on, store.days) == (day(0), day(55), 56)
    assert store.assumed_from is None
    assert one(series, store="1").last_sale_on == day(55)


def test_the_work_is_done_and_its_folder_is_gone(shop, settings, one, imports):
    assert one(work, kind="import").state == "done"
    assert list((settings.home / "imports").iterdir()) == []
    assert imports.list()[0]["state"] == "done"
    assert imports.get(imports.list()[0]["id"])["report"]["stores"] == 2


def test_a_new_day_is_added_and_keeps_the_known_covariates(
    shop, write_file, import_files, imports, one
):
    report = import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(56)},321\n"))

    assert report.lines() == [
        "Read sales.csv: 1 row (sales).",
        "Sales: 1 day of 1 store, 2024-02-26 to 2024-02-26.",
        "Regions: north 1.",
        "Columns: store is the store, date is the date, sales is the sales.",
        "Filled by rule: 2 stores, 2024-03-11 to 2024-03-11: 'open' by the store's own weekdays "
        "of its last 8 weeks, columns of 0 and 1 as 0, other numbers as last known.",
        "Horizon: 14 days, because it was fixed by the first import of this dataset group.",
    ]
    assert imports.history("1", start=day(56)) == [
        {
            "date": day(56),
            "sales": 321.0,
            "covariates": {"open": 1.0, "promo": 1.0, "state_holiday_a": 0.0},
        }
    ]
    assert one(dataset_groups).data_version == 2
    assert one(dataset_groups).last_sale_on == day(56)
    assert one(stores, store="1").days == 57
    assert one(stores, store="2").last_sale_on == day(55)


def test_a_new_store_without_covariates_is_assumed_from_its_first_sale(
    shop, write_file, import_files, one
):
    rows = "".join(f"9,{day(number)},7\n" for number in range(40, 56))

    report = import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n{rows}"))

    assert one(stores, store="9").assumed_from == day(40)
    assert report.by_rule.first_on == day(40)


def test_days_beyond_the_known_future_are_named_as_assumed(shop, write_file, import_files, one):
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(56)},321\n"))

    assert one(stores, store="2").assumed_from == day(70)


def test_known_future_days_that_come_later_end_the_assumption(
    shop, write_file, import_files, one, session
):
    import_files("INCREMENTAL", sales=write_file(f"store,date,sales\n1,{day(56)},321\n"))
    future = daily(["1"], 5, first=69, header="Store,Date,Promo", cells=lambda s, i: (1,))

    report = import_files("INCREMENTAL", future=write_file(future, "future.csv"))

    assert one(stores, store="1").assumed_from is None
    assert one(stores, store="2").assumed_from == day(70)
    assert report.first_sale_on is None
    jobs = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    assert len(jobs) == 6  # three of the first import, two of the second, one of the third


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


def test_a_new_store_comes_with_its_first_days(shop, write_file, import_files, one, session):
    text = daily(["3"], 10, first=46, header=HEADER, cells=cells)

    report = import_files("INCREMENTAL", sales=write_file(text))

    assert (report.stores, report.new_stores) == (1, 1)
    assert one(stores, store="3").region == "all"
    assert one(stores, store="3").assumed_from == day(56)
    jobs = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    metadata = [j for j in jobs if "store_demand_metadata" in j["DatasetImportJobArn"]]
    assert len(metadata) == 2  # the models must know the new store too


def test_a_full_import_replaces_everything(shop, write_file, import_files, imports, one):
    text = daily(["2", "4"], 60, header=HEADER, cells=cells)

    report = import_files(sales=write_file(text))

    assert imports.history("1") == []
    assert len(imports.history("4")) == 60
    assert one(stores, store="2").region == "south"
    assert (report.horizon, report.new_stores) == (14, 1)
    with pytest.raises(sa.exc.NoResultFound):
        one(stores, store="1")


def test_columns_that_the_group_does_not_know_are_left_out_of_an_addition(
    shop, write_file, import_files
):
    text = f"store,date,sales,promo,price,customers\n1,{day(56)},5,1,3.5,9\n"

    report = import_files("INCREMENTAL", sales=write_file(text))

    assert {c.name: c.reason for c in report.columns if c.role == "left out"} == {
        "price": "it is no covariate of the dataset group",
        "customers": "it is known for the past only (no file says what it will be)",
    }


def test_a_new_text_counts_as_ordinary_and_is_told(shop, write_file, import_files, imports):
    text = f"store,date,sales,StateHoliday\n1,{day(56)},5,z\n"

    report = import_files("INCREMENTAL", sales=write_file(text))

    assert report.notes == (
        "Column 'StateHoliday' has the text 'z', for which the dataset group has no covariate: "
        "such days count as ordinary ones.",
    )
    assert imports.history("1", start=day(56))[0]["covariates"]["state_holiday_a"] == 0.0


@pytest.mark.parametrize(
    ("header", "row", "change"),
    [
        ("Store,Date,Sales,Open,Promo", (5, 1, 0), "lacks 'state_holiday_a'"),
        ("Store,Date,Sales,Open,Promo,StateHoliday,Price", (5, 1, 0, "a", 2.5), "adds 'price'"),
    ],
)
def test_a_full_import_with_other_covariates_is_refused(
    shop, write_file, import_files, imports, header, row, change
):
    text = daily(["1"], 56, header=header, cells=lambda store, index: row)

    with pytest.raises(InvalidData) as caught:
        import_files(sales=write_file(text))

    assert caught.value.detail == (
        "The covariates of the dataset group are 'open', 'promo', 'state_holiday_a', fixed by its "
        f"first import; this import {change}. Import the same columns, or set "
        "FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new names to start afresh."
    )
    assert len(imports.history("1")) == 56


def test_sales_per_item_do_not_fit_a_group_of_stores(shop, write_file, import_files):
    with pytest.raises(InvalidData) as caught:
        import_files(
            "INCREMENTAL", sales=write_file(f"store,item,date,sales\n1,milk,{day(56)},5\n")
        )

    assert caught.value.detail == (
        "'sales.csv' has one column for the item, the dataset group has none. Import the same "
        "kind of data, or set FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new names."
    )


def test_an_addition_without_an_earlier_import_is_full_and_says_so(import_files, write_file, one):
    report = import_files("INCREMENTAL", sales=write_file(daily(["1"], 40)))

    assert report.mode == "FULL"
    assert report.notes == ("Mode INCREMENTAL became FULL: there was no earlier import to add to.",)
    assert one(dataset_groups).covariates == []


def test_a_dataset_of_another_schema_is_refused_before_anything_is_created(
    session, import_files, write_file
):
    session.forecast.create_dataset(
        DatasetName="store_demand_related",
        Domain="RETAIL",
        DatasetType="RELATED_TIME_SERIES",
        DataFrequency="D",
        Schema={
            "Attributes": [
                {"AttributeName": "item_id", "AttributeType": "string"},
                {"AttributeName": "timestamp", "AttributeType": "timestamp"},
                {"AttributeName": "price", "AttributeType": "float"},
            ]
        },
    )

    with pytest.raises(InvalidData) as caught:
        import_files(sales=write_file(daily(["1"], 56, header=HEADER, cells=cells)))

    assert caught.value.detail == (
        "Dataset 'store_demand_related' exists with the columns item_id, timestamp, price "
        "(domain RETAIL); this import has item_id, timestamp, open, promo, state_holiday_a "
        "(RETAIL). Import the same columns, or set FORECAST_DATASET_NAME and "
        "FORECAST_DATASET_GROUP to new names to start afresh."
    )
    assert len(session.forecast.list_datasets()["Datasets"]) == 1
    assert session.forecast.list_dataset_groups()["DatasetGroups"] == []


def test_items_are_series_of_their_own(import_files, write_file, session, imports, one):
    rows = [
        (store, item, day(i), 10 * i, i % 2)
        for store in ("1", "2")
        for item in ("milk", "bread")
        for i in range(40)
        if (store, item) != ("2", "bread")
    ]
    stores_file = write_file("Store,Type\n1,a\n2,b\n", "stores.csv")

    report = import_files(
        sales=write_file(csv_text("store,sku,date,sales,promo", rows)), stores=stores_file
    )

    assert (report.stores, report.items) == (2, 2)
    assert columns(session, "store_demand") == ["item_id", "timestamp", "location", "demand"]
    assert columns(session, "store_demand_related") == ["item_id", "timestamp", "location", "promo"]
    assert one(stores, store="2").attributes == {"type_field": "b"}
    assert one(series, store="2").item == "milk"
    assert imports.history("1", item="bread", start=day(39)) == [
        {"date": day(39), "item": "bread", "sales": 390.0, "covariates": {"promo": 1.0}}
    ]
    assert [row["item"] for row in imports.history("1", start=day(39))] == ["bread", "milk"]


def test_a_new_day_of_an_item_is_added(import_files, write_file, imports, one):
    rows = [(s, item, day(i), i, 0) for s in "12" for item in ("a", "b") for i in range(40)]
    import_files(sales=write_file(csv_text("store,item,date,sales,promo", rows)))

    import_files(
        "INCREMENTAL", sales=write_file(f"store,item,date,sales,promo\n2,b,{day(40)},99,1\n")
    )

    assert imports.history("2", item="b", limit=1)[0]["sales"] == 99
    assert imports.history("2", item="a", limit=1)[0]["sales"] == 39
    assert one(series, store="2", item="b").last_sale_on == day(40)


def test_missing_days_are_not_zero(import_files, write_file, imports, one):
    text = daily(["1"], 40, cells=lambda store, index: (None if index == 5 else 5,))

    import_files(sales=write_file(text))

    assert imports.history("1", start=day(5), end=day(5))[0]["sales"] is None
    assert one(stores, store="1").days == 39


def test_imports_of_a_group_are_done_in_the_order_of_their_requests(
    imports, queue, drive, write_file
):
    first = imports.request({"sales": write_file(daily(["1"], 40))})
    second = imports.request(
        {"sales": write_file(f"store,date,sales\n1,{day(40)},5\n")}, "INCREMENTAL"
    )
    with queue.database.write() as connection:
        connection.execute(sa.update(work).where(work.c.subject == first).values(not_before=9e12))

    drive()

    assert imports.get(second)["state"] == "waiting"
    assert imports.get(first)["state"] == "waiting"


def test_files_may_change_once_they_were_sent(imports, queue, write_file):
    path = write_file(daily(["1"], 40))
    import_id = imports.request({"sales": path})
    path.write_text("rubbish")

    drive = _driver(imports, queue)
    for _ in range(20):
        drive()
        if imports.get(import_id)["state"] == "done":
            break

    assert len(imports.history("1")) == 40


def test_after_an_import_the_hook_is_called_in_its_transaction(
    database, settings, session, queue, write_file
):
    seen = []

    def hook(connection: sa.Connection) -> None:
        seen.append(connection.execute(sa.select(dataset_groups.c.data_version)).scalar_one())

    imports = Imports(database, settings, session, after_import=hook)
    imports.import_now({"sales": write_file(daily(["1"], 40))}, drive=_driver(imports, queue))

    assert seen == [1]


def test_an_import_survives_the_loss_of_every_lease(imports, queue, database, settings, write_file):
    """A worker that dies after each step leaves work that the next one finishes."""
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})
    dead = queue.claim("dead", ["import"])
    with database.write() as connection:
        connection.execute(sa.update(work).values(lease_until=0))
    queue.sweep()

    drive = _driver(imports, queue)
    for _ in range(20):
        drive()
        if imports.get(import_id)["state"] == "done":
            break

    assert dead is not None
    assert imports.get(import_id)["state"] == "done"


def test_an_import_that_amazon_refuses_fails_with_its_message(imports, session, queue, write_file):
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})
    claim = queue.claim("first", ["import"])
    imports.perform(queue, claim)
    job = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"][0]
    session.forecast.stop_resource(ResourceArn=job["DatasetImportJobArn"])

    drive = _driver(imports, queue)
    for _ in range(20):
        drive()
        if imports.get(import_id)["state"] == "failed":
            break

    assert imports.get(import_id)["error"]["detail"] == (
        f"Import job 'import_{import_id}' of Amazon Forecast failed: its status is CREATE_STOPPED. "
        "Nothing of this import is used; correct the cause and import again."
    )
    assert imports.history("1") == []


def test_what_a_dead_worker_left_behind_goes_with_the_next_import(
    imports, import_files, database, settings, write_file
):
    path = write_file(daily(["1"], 40))
    dead = imports.request({"sales": path})
    with database.write() as connection:
        fail(connection, dead, "The worker died 20 times while doing this.")
        connection.execute(sa.update(work).values(state="done"))

    import_files(sales=path)

    assert list((settings.home / "imports").iterdir()) == []
    assert imports.get(dead)["error"] == {
        "detail": "The worker died 20 times while doing this.",
        "errors": [],
    }


def test_csv_for_amazon_loads_like_parquet(database, settings, session, queue, write_file):
    """With AWS the files are CSV; our own reader of Amazon's format understands them alike."""
    imports = Imports(database, settings, replace(session, source="amazon"))
    rows = [('St. Mary, "old"', day(i), None if i == 5 else i / 3, i % 2) for i in range(40)]
    sales = write_file("")
    with sales.open("w", newline="") as file:
        csv.writer(file).writerows([("Store", "Date", "Sales", "Promo"), *rows])

    imports.import_now({"sales": sales}, drive=_driver(imports, queue))

    arn = dataset(session, "store_demand")["DatasetArn"]
    table = SnapshotStore(database, settings.home).read(arn)
    assert table["demand"].to_pylist() == [row[2] for row in rows]
    assert set(table["item_id"].to_pylist()) == {'St. Mary, "old"'}
    jobs_found = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    job = session.forecast.describe_dataset_import_job(
        DatasetImportJobArn=jobs_found[0]["DatasetImportJobArn"]
    )
    assert (job["Format"], job["TimestampFormat"]) == ("CSV", "yyyy-MM-dd")


def test_an_unknown_import_is_not_found(imports):
    with pytest.raises(NotFound, match="Import 'abc' does not exist"):
        imports.get("abc")


def _driver(imports: Imports, queue: Any) -> Any:
    """Does the work that is due; lets what was given back become due."""
    from forecast_service.local import jobs
    from forecast_service.queue import new_id

    def run() -> None:
        with imports.database.write() as connection:
            connection.execute(
                sa.update(work).where(work.c.state == "waiting").values(not_before=0)
            )
        while (claim := queue.claim(new_id(), [jobs.KIND])) is not None:
            jobs.perform(imports.database, imports.settings, queue, claim)
        claim = queue.claim(new_id(), ["import"])
        if claim is not None:
            imports.perform(queue, claim)

    return run


def test_a_file_written_again_leaves_what_is_linked_to_it_alone(tmp_path):
    path, linked = tmp_path / "target.parquet", tmp_path / "snapshot.parquet"
    write_parquet(pa.table({"demand": [1.0, 2.0]}), path)
    linked.hardlink_to(path)
    before = linked.read_bytes()
    write_parquet(pa.table({"demand": [3.0]}), path)

    assert linked.read_bytes() == before
    assert pq.read_table(path).to_pydict() == {"demand": [3.0]}
    assert sorted(tmp_path.iterdir()) == [linked, path]


def test_an_older_import_that_shows_up_late_waits_for_the_one_under_way(
    write_file, imports, queue, database
):
    path = write_file(daily(["1"], 56, header=HEADER, cells=cells))
    first = imports.request({"sales": path})
    claim = queue.claim(new_id(), [KIND])
    imports.perform(queue, claim)
    late = imports.request({"sales": path})
    with database.write() as connection:
        connection.execute(
            sa.update(import_rows).where(import_rows.c.id == late).values(requested_at=0.0)
        )
        connection.execute(sa.update(work).where(work.c.subject == first).values(not_before=2e12))
    imports.perform(queue, queue.claim(new_id(), [KIND]))

    assert [imports.get(each)["state"] for each in (first, late)] == ["loading", "waiting"]
