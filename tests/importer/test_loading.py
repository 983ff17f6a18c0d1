"""Imports through the Amazon Forecast API: datasets, jobs and our own tables."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError

from forecast_service.errors import BackendUnavailable, NotFound
from forecast_service.importer import Imports
from forecast_service.storage.groups import read_group
from forecast_service.storage.queue import new_id
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import series, stores, work

from .driving import driver
from .rows import HEADER, cells, csv_text, daily, day


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


def test_an_import_records_group_stores_and_series(shop, one, group):
    group, store = group(), one(stores, store="2")

    assert (group.horizon, group.data_version, group.last_sale_on) == (14, 1, day(55))
    assert group.covariates == ("open", "promo", "state_holiday_a")
    assert (store.region, store.attributes) == ("south", {"Region": "south", "Type": "b"})
    assert (store.first_sale_on, store.last_sale_on, store.days) == (day(0), day(55), 56)
    assert store.assumed_from is None
    assert one(series, store="1").last_sale_on == day(55)


def test_the_work_is_done_and_its_folder_is_gone(shop, settings, one, imports):
    assert one(work, kind="import").state == "done"
    assert list((settings.home / "imports").iterdir()) == []
    assert imports.list()[0]["state"] == "done"
    assert imports.get(imports.list()[0]["id"])["report"]["stores"] == 2


def test_a_full_import_replaces_everything(shop, write_file, import_files, imports, one):
    text = daily(["2", "4"], 60, header=HEADER, cells=cells)

    report = import_files(sales=write_file(text), options={"replace": True})

    assert imports.history("1") == []
    assert len(imports.history("4")) == 60
    assert one(stores, store="2").region == "south"
    assert (report.horizon, report.new_stores) == (14, 1)
    with pytest.raises(sa.exc.NoResultFound):
        one(stores, store="1")


def test_every_item_of_a_store_is_a_series(import_files, write_file, session, imports, one):
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
    assert one(stores, store="2").attributes == {"Type": "b"}
    assert one(series, store="2").item == "milk"
    assert imports.history("1", item="bread", start=day(39)) == [
        {
            "date": day(39),
            "item": "bread",
            "sales": 390.0,
            "stockout": False,
            "covariates": {"promo": 1.0},
        }
    ]
    assert [row["item"] for row in imports.history("1", start=day(39))] == ["bread", "milk"]


def test_missing_days_are_not_zero(import_files, write_file, imports, one):
    text = daily(["1"], 40, cells=lambda store, index: (None if index == 5 else 5,))

    import_files(sales=write_file(text))

    assert imports.history("1", start=day(5), end=day(5))[0]["sales"] is None
    assert one(stores, store="1").days == 39


def test_the_hook_is_called_in_the_transaction_of_the_import(
    database, settings, session, queue, write_file
):
    seen = []

    def hook(connection: sa.Connection) -> None:
        seen.append(read_group(connection, settings.dataset_group).data_version)

    imports = Imports(database, settings, session, after_import=hook)
    imports.import_now({"sales": write_file(daily(["1"], 40))}, drive=driver(imports, queue))

    assert seen == [1]


def test_csv_for_amazon_loads_like_parquet(database, settings, session, queue, write_file):
    """With AWS the files are CSV; our own reader of Amazon's format gets the same rows."""
    imports = Imports(database, settings, replace(session, file_format="csv"))
    rows = [('St. Mary, "old"', day(i), None if i == 5 else i / 3, i % 2) for i in range(40)]
    sales = write_file("")
    with sales.open("w", newline="") as file:
        csv.writer(file).writerows([("Store", "Date", "Sales", "Promo"), *rows])

    imports.import_now({"sales": sales}, drive=driver(imports, queue))

    arn = dataset(session, "store_demand")["DatasetArn"]
    table = SnapshotStore(database, settings.home).read(arn)
    assert table["demand"].to_pylist() == [row[2] for row in rows]
    assert set(table["item_id"].to_pylist()) == {'St. Mary, "old"'}
    jobs_found = session.forecast.list_dataset_import_jobs()["DatasetImportJobs"]
    job = session.forecast.describe_dataset_import_job(
        DatasetImportJobArn=jobs_found[0]["DatasetImportJobArn"]
    )
    assert (job["Format"], job["TimestampFormat"]) == ("CSV", "yyyy-MM-dd")


@pytest.mark.parametrize("kind", ["dataset_group", "dataset_import_job"])
def test_a_name_that_is_taken_but_not_listed_yet_is_tried_again(
    database, settings, session, queue, write_file, kind
):
    imports = Imports(database, settings, replace(session, forecast=LateLists(session, kind)))
    import_id = imports.request({"sales": write_file(daily(["1"], 40))})

    with pytest.raises(BackendUnavailable, match=r"does not list it\. Try again"):
        imports.perform(queue, queue.claim(new_id(), ["import"]))

    assert imports.get(import_id)["state"] == "loading"


class LateLists:
    """An Amazon Forecast where a name of one kind is taken, but not listed yet."""

    def __init__(self, session, kind: str) -> None:
        self.client, self.kind = session.forecast, kind

    def __getattr__(self, operation: str) -> Any:
        if operation != f"create_{self.kind}":
            return getattr(self.client, operation)
        error = {"Error": {"Code": "ResourceAlreadyExistsException", "Message": "taken"}}

        def refuse(**_: Any) -> None:
            raise ClientError(error, operation)

        return refuse


def test_an_unknown_import_is_not_found(imports):
    with pytest.raises(NotFound, match="Import 'abc' does not exist"):
        imports.get("abc")
