"""State of the stores after an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecast_service.importer.files.column_names import OPEN
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.files.store_table import ALL, StoreTable
from forecast_service.importer.merging.earlier_imports import EarlierImports, StoreState
from forecast_service.importer.merging.merged_rows import MergedRows
from forecast_service.importer.understanding.related import Related
from forecast_service.importer.understanding.rest_days import rest_code
from forecast_service.importer.understanding.sales import Sales
from forecast_service.importer.values.text_columns import iso

__all__ = ["store_states"]


def store_states(
    merged: MergedRows,
    sales: Sales,
    related: Related | None,
    table: StoreTable | None,
    earlier: EarlierImports | None,
) -> dict[str, StoreState]:
    """The state of every store of the dataset group after this import."""
    old = {} if earlier is None else earlier.stores
    states: dict[str, StoreState] = {}
    series_of: dict[str, list[int]] = {}
    for index, (store, _) in enumerate(merged.keys):
        if sales.last[index] >= 0:
            series_of.setdefault(store, []).append(index)
    for store, series in series_of.items():
        region, attributes = _region_and_attributes(store, table, old.get(store))
        states[store] = StoreState(
            region=region,
            attributes=attributes,
            first_sale_on=iso(int(sales.first[series].min())),
            last_sale_on=iso(int(sales.last[series].max())),
            days=int(sales.days[series].max()),
            assumed_from=_assumed_from(related, series, merged.periods),
            rest_days=_rest_days(related, series[0]),
        )
    return states


def _region_and_attributes(
    store: str, table: StoreTable | None, old: StoreState | None
) -> tuple[str, Mapping[str, str]]:
    if table is not None and store in table.attributes:
        default = ALL if old is None else old.region
        return table.regions.get(store, default), table.attributes[store]
    if old is not None:
        return old.region, old.attributes
    return ALL, {}


def _assumed_from(related: Related | None, series: Sequence[int], periods: Periods) -> str | None:
    if related is None:
        return None
    known_until = related.known_until[series].min()
    return iso(int(periods.after(known_until, 1))) if known_until < related.until else None


def _rest_days(related: Related | None, series: int) -> str | None:
    """The weekdays on which a store counts as closed; none if there is no covariate ``open``."""
    if related is None or OPEN not in related.rows.values:
        return None
    return rest_code(related.rests[series])
