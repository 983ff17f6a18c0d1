"""Refused deliveries: those that do not fit their options, or what was imported before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecast_service.common.column_roles import read_column_roles
from forecast_service.common.names import natural_order
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.files.columns import find_column
from forecast_service.importer.files.sheets import Sheet, unknown_column
from forecast_service.importer.files.store_table import StoreTable
from forecast_service.importer.merging.delivery import Delivery
from forecast_service.importer.merging.earlier_imports import EarlierImports, StoreState
from forecast_service.importer.merging.losses import (
    refuse_foreign_stores,
    refuse_losses,
    refuse_unknown_stores,
)
from forecast_service.importer.merging.merged_rows import MergedRows

__all__ = [
    "refuse_changes_of_stores",
    "refuse_other_kind",
    "refuse_unknown_columns",
    "stores_of_files",
]


def stores_of_files(delivery: Delivery, sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """The stores of the files; refused if the caller may not see all of them."""
    touched = {name for sheet in sheets for name in sheet.stores.names}
    if delivery.options.limits is not None:
        old = {} if delivery.earlier is None else delivery.earlier.stores
        refuse_foreign_stores(old, touched, delivery.options.limits)
    return tuple(sorted(touched, key=natural_order))


def refuse_changes_of_stores(delivery: Delivery, states: Mapping[str, StoreState]) -> None:
    """Refuse to lose what is there, or to make stores, unless the options allow it."""
    earlier, options = delivery.earlier, delivery.options
    if earlier is None:
        return
    if delivery.replaces and not options.replace:
        refuse_losses(earlier.stores, states)
    if options.known_stores:
        refuse_unknown_stores(earlier.stores, states, options.remedy_of_stores)


def refuse_unknown_columns(
    delivery: Delivery, sheets: Sequence[Sheet], table: StoreTable | None
) -> None:
    """Refuse a column of the request that no file has; one of the settings may be absent."""
    usual = read_column_roles(delivery.settings.columns)
    headers = [sheet.raw.header for sheet in sheets]
    stores = () if table is None else table.header
    for role, name in delivery.options.columns.items():
        if usual.get(role) == name or any(find_column(h, name) for h in (*headers, stores)):
            continue
        raise unknown_column(sheets[0].raw, role, name)


def refuse_other_kind(merged: MergedRows, earlier: EarlierImports | None) -> None:
    """Refuse items in a dataset group without items, and the reverse."""
    if earlier is None or earlier.group.has_items == merged.has_items:
        return
    sheet = merged.sheets[0]
    has, had = ("a", "none") if merged.has_items else ("no", "one")
    raise InvalidData(
        f"'{sheet.name}' has {has} column for the item, but the dataset group has {had}. Import "
        "the same kind of data.",
        remedy=Remedy.REPLACE_KIND,
    )
