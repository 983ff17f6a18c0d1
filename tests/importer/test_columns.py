"""Column names: recognised roles, and valid names for the API."""

from __future__ import annotations

import pytest

from forecast_service.importer.files.column_names import attribute_name, snake, unique_names
from forecast_service.importer.files.columns import recognise


@pytest.mark.parametrize(
    ("header", "store", "date", "target", "item"),
    [
        (["Store", "DayOfWeek", "Date", "Sales", "Customers"], "Store", "Date", "Sales", None),
        (["unique_id", "ds", "y"], "unique_id", "ds", "y", None),
        (["item_id", "timestamp", "demand"], "item_id", "timestamp", "demand", None),
        (
            ["item_id", "timestamp", "location", "demand"],
            "location",
            "timestamp",
            "demand",
            "item_id",
        ),
        (
            ["id", "date", "store_nbr", "family", "sales", "onpromotion"],
            "store_nbr",
            "date",
            "sales",
            "family",
        ),
        (
            ["STORE NUMBER", "Sales Date", "Units Sold"],
            "STORE NUMBER",
            "Sales Date",
            "Units Sold",
            None,
        ),
    ],
)
def test_usual_layouts_are_recognised(header, store, date, target, item):
    roles = recognise(header)

    assert (roles.store, roles.date, roles.target, roles.item) == (store, date, target, item)


def test_the_more_usual_of_two_column_names_gets_the_role():
    roles = recognise(["location", "store", "date", "revenue", "sales"])

    assert (roles.store, roles.target) == ("store", "sales")
    assert roles.others == ("location", "revenue")


def test_an_ignored_column_has_no_role():
    roles = recognise(["store", "date", "sales", "Notes"], ignore=["notes"])

    assert roles.others == ()


def test_a_file_without_a_date_has_no_roles():
    assert recognise(["store", "b"]) is None


def test_a_file_without_a_store_is_of_one_store():
    assert recognise(["date", "sales"]).store is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("StateHoliday", "state_holiday"),
        ("Promo2SinceWeek", "promo2_since_week"),
        ("SKUPrice", "sku_price"),
        (" Price (EUR) ", "price_eur"),
    ],
)
def test_names_become_snake_case(name, expected):
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Type", "type_field"),
        ("value", "value_field"),
        ("Open", "open"),
        ("2nd price", "field_2nd_price"),
        ("名前", "u__ldr85b"),
        ("Promo+", "promo__8p4z"),
        ("x" * 80, "x" * 63),
    ],
)
def test_names_are_made_valid_attributes(name, expected):
    assert attribute_name(name) == expected


def test_equal_names_are_numbered():
    assert unique_names(["price", "price", "promo"], taken=["promo"]) == [
        "price",
        "price_2",
        "promo_2",
    ]
