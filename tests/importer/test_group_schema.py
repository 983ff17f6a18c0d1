"""Imports whose columns differ from those of the dataset group."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidData, Remedy

from .rows import HEADER, cells, csv_text, daily, day


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
        ("Store,Date,Sales,Open,Promo", (5, 1, 0), "have no covariate 'state_holiday_a'"),
        ("Store,Date,Sales,Open,Promo,StateHoliday,Price", (5, 1, 0, "a", 2.5), "add 'price'"),
    ],
)
def test_a_full_import_with_other_covariates_is_refused(
    shop, write_file, import_files, imports, header, row, change
):
    text = daily(["1"], 56, header=header, cells=lambda store, index: row)

    with pytest.raises(InvalidData) as caught:
        import_files(sales=write_file(text))

    assert caught.value.detail == (
        f"The files {change}. The dataset group has the covariates 'open', 'promo', "
        "'state_holiday_a'. Import the same columns."
    )
    assert caught.value.remedy is Remedy.REPLACE_KIND
    assert len(imports.history("1")) == 56


def test_sales_per_item_do_not_fit_a_group_of_stores(shop, write_file, import_files):
    with pytest.raises(InvalidData) as caught:
        import_files(
            "INCREMENTAL", sales=write_file(f"store,item,date,sales\n1,milk,{day(56)},5\n")
        )

    assert caught.value.detail == (
        "'sales.csv' has a column for the item, but the dataset group has none. Import the same "
        "kind of data."
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


OTHER_KINDS = {
    "fewer covariates": (
        daily(["1"], 60, header="Store,Date,Sales,Promo", cells=lambda s, i: (5, 1)),
        {},
    ),
    "other covariates": (
        daily(["1"], 60, header="Store,Date,Sales,Price", cells=lambda s, i: (5, 2.5 + i)),
        {"covariates": ("price",)},
    ),
    "no covariates": (daily(["1", "2"], 60), {"covariates": ()}),
    "items": (
        daily(["1"], 60, header="Store,Date,Item,Sales", cells=lambda s, i: ("milk", 5)),
        {"has_items": True, "covariates": ()},
    ),
    "weeks": (
        csv_text("Store,Date,Sales", [("1", day(7 * week), 50) for week in range(60)]),
        {"frequency": "W", "horizon": 13},
    ),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_full_import_that_may_replace_chooses_the_kind_anew(
    shop, write_file, import_files, imports, group, session, kind
):
    before, history = group(), imports.history("1")
    text, expected = OTHER_KINDS[kind]

    import_files(sales=write_file(text), options={"replace": True})

    after = group()
    assert {name: getattr(after, name) for name in expected} == expected
    assert after.trained_after is not None
    arn = session.forecast.list_dataset_groups()["DatasetGroups"][0]["DatasetGroupArn"]
    datasets = session.forecast.describe_dataset_group(DatasetGroupArn=arn)["DatasetArns"]
    types = [session.forecast.describe_dataset(DatasetArn=a)["DatasetType"] for a in datasets]
    assert ("RELATED_TIME_SERIES" in types) == bool(after.covariates)
    assert bool(imports.history("1")[-1]["covariates"]) == bool(after.covariates)
    imports.undo()
    for name in ("horizon", "covariates", "has_items", "frequency", "last_sale_on"):
        assert getattr(group(), name) == getattr(before, name)
    assert imports.history("1") == history


def test_after_another_kind_the_next_days_are_added_to_it(
    shop, write_file, import_files, imports, group
):
    text, _ = OTHER_KINDS["other covariates"]
    import_files(sales=write_file(text), options={"replace": True})

    import_files("INCREMENTAL", sales=write_file(f"store,date,sales,price\n1,{day(60)},5,3\n"))

    assert imports.history("1")[-1]["covariates"] == {"price": 3.0}
    assert group().last_sale_on == day(60)


def test_a_dry_run_says_what_would_change(shop, write_file, imports):
    text, _ = OTHER_KINDS["other covariates"]

    report = imports.dry_run({"sales": write_file(text)}, options={"replace": True})

    assert report.lines()[-1] == report.fixed
    assert report.fixed == (
        "Changes what earlier imports fixed: covariates open, promo, state_holiday_a → price."
    )


def test_the_same_kind_again_changes_nothing(shop, write_file, imports):
    text = daily(["1", "2"], 56, header=HEADER, cells=cells)

    assert imports.dry_run({"sales": write_file(text)}, options={"replace": True}).fixed is None
