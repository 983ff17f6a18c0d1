"""Imports whose columns differ from those of the dataset group."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidData

from .rows import HEADER, cells, daily, day


def test_an_addition_leaves_out_columns_that_the_group_does_not_have(
    shop, write_file, import_files
):
    text = f"store,date,sales,promo,price,customers\n1,{day(56)},5,1,3.5,9\n"

    report = import_files("INCREMENTAL", sales=write_file(text))

    assert {c.name: c.reason for c in report.columns if c.role == "left out"} == {
        "price": "it is not a covariate of the dataset group",
        "customers": "it is known for the past only (no file has its future values)",
    }


def test_a_new_text_counts_as_ordinary_and_is_reported(shop, write_file, import_files, imports):
    text = f"store,date,sales,StateHoliday\n1,{day(56)},5,z\n"

    report = import_files("INCREMENTAL", sales=write_file(text))

    assert report.notes == (
        "Column 'StateHoliday' has the new text 'z', for which the dataset group has no covariate. "
        "Days with this text count as ordinary days.",
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
        "'sales.csv' has a column for the item, but the dataset group has none. Import the same "
        "kind of data, or set FORECAST_DATASET_NAME and FORECAST_DATASET_GROUP to new names."
    )


def test_a_dataset_with_another_schema_is_refused_before_anything_is_created(
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
