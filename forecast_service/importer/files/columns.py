"""Column names: recognises store, date, sales and item; makes valid names for the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forecast_service.importer.files.stockouts import find_mark_column
from forecast_service.local.files.reserved_names import RESERVED_WORDS

__all__ = [
    "ALIASES",
    "CALENDAR",
    "OPEN",
    "ROW_NUMBERS",
    "WEEK_ENDS",
    "Roles",
    "attribute_name",
    "recognise",
    "recognised_names",
    "shown_name",
    "snake",
    "unique_names",
]

MAX_NAME = 63  # characters of a schema attribute in the Amazon Forecast API

# Of several columns for one role, the first in this list gets it. The others have no role.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "store": (
        "store", "store_number", "store_id", "store_nbr", "store_no", "store_code", "storeid",
        "shop", "shop_id", "branch", "branch_id", "outlet", "outlet_id", "location", "location_id",
        "site", "site_id", "unique_id",
    ),
    "date": (
        "date", "ds", "timestamp", "sales_date", "sale_date", "business_date", "transaction_date",
        "datetime", "datum", "day", "week_start", "week_start_date", "week_ending", "week_end_date",
        "week_ending_date", "week_end", "weekending", "week_ends_on", "wk_ending", "week_date",
        "month_start", "month_end", "year_week", "yearweek", "iso_week", "year_month", "yearmonth",
        "week", "month",
    ),
    "target": (
        "sales", "demand", "y", "target", "target_value", "unit_sales", "units_sold", "units",
        "quantity", "quantity_sold", "qty", "sold", "sales_quantity", "revenue", "turnover",
        "value", "amount", "daily_sales", "weekly_sales", "monthly_sales",
    ),
    "item": (
        "item", "item_id", "sku", "sku_id", "product", "product_id", "product_code", "item_nbr",
        "item_number", "article", "article_id", "family",
        "dept", "department",
    ),
}  # fmt: skip

# A date column of these names has the last day of each week.
WEEK_ENDS = frozenset(
    (
        *("week_ending", "week_end_date", "week_ending_date", "week_end", "weekending"),
        *("week_ends_on", "wk_ending"),
    )
)

# These follow from the date, which the models use anyway.
CALENDAR = frozenset(
    (
        "day",
        "day_of_week",
        "dayofweek",
        "weekday",
        "week_day",
        "dow",
        "day_name",
        "day_of_month",
        "month",
        "month_name",
        "quarter",
        "week",
        "week_of_year",
        "year",
        "yearmonth",
        "year_month",
        "is_weekend",
        "weekend",
    )
)
ROW_NUMBERS = frozenset(("", "id", "index", "row", "row_id", "row_number", "unnamed_0"))

# The engine finds closed days by this name. So it is kept, although it is a reserved word.
OPEN = "open"


@dataclass(frozen=True)
class Roles:
    """The columns of a file by role; ``others`` become covariates, or are left out."""

    store: str
    date: str
    target: str | None
    item: str | None
    others: tuple[str, ...]
    stockout: str | None = None


def snake(name: str) -> str:
    """A name in lower case with underscores: ``StateHoliday`` is ``state_holiday``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def attribute_name(name: str) -> str:
    """A valid name for a schema attribute: ``Type`` is ``type_field``."""
    text = snake(name) or "field"
    if not text[0].isalpha():
        text = f"field_{text}"
    if text.upper() in RESERVED_WORDS and text != OPEN:
        text = f"{text}_field"
    return text[:MAX_NAME].rstrip("_")


def shown_name(name: str) -> str:
    """The name of the column behind a schema attribute: ``type_field`` is ``type``."""
    own = name.removesuffix("_field")
    return own if own.upper() in RESERVED_WORDS else name


def unique_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names, with ``_2``, ``_3`` … added to repeated ones and to those in ``taken``."""
    seen = set(taken)
    result: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in seen:
            number += 1
            candidate = f"{name[: MAX_NAME - 4]}_{number}"
        seen.add(candidate)
        result.append(candidate)
    return result


def recognise(
    header: Sequence[str], *, ignore: Iterable[str] = (), covariates: Sequence[str] = ()
) -> tuple[Roles | None, list[str]]:
    """The columns by role, and the missing roles; roles are None if one is missing.

    Without a store column, ``item_id`` is the store, as in Amazon's own store-only files.
    ``target`` may be absent (a file of known future days); ``store`` and ``date`` may not.
    A column among the ``covariates`` of the dataset group does not mark stock-outs.
    """
    ignored = {snake(name) for name in ignore}
    by_alias = {snake(name): name for name in reversed(header) if snake(name) not in ignored}
    roles = {role: _first(aliases, by_alias) for role, aliases in ALIASES.items()}
    if roles["store"] is None and roles["item"] == by_alias.get("item_id"):
        roles["store"], roles["item"] = roles["item"], None
    if roles["store"] is None or roles["date"] is None:
        return None, [role for role in ("store", "date") if roles[role] is None]
    marks = find_mark_column(
        (snake(name), name)
        for name in header
        if snake(name) not in ignored and attribute_name(name) not in covariates
    )
    taken = {name for name in (*roles.values(), marks) if name is not None}
    others = tuple(n for n in header if n not in taken and snake(n) not in ignored)
    return Roles(roles["store"], roles["date"], roles["target"], roles["item"], others, marks), []


def recognised_names(role: str) -> str:
    """The recognised names of a role, as a list for people."""
    return ", ".join(f"'{name}'" for name in ALIASES[role])


def _first(aliases: Sequence[str], by_alias: Mapping[str, str]) -> str | None:
    return next((by_alias[alias] for alias in aliases if alias in by_alias), None)
