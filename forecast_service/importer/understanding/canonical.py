"""The canonical form of an import: sales, covariates up to the horizon, and the stores' state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.names import natural_order
from forecast_service.errors import InvalidData
from forecast_service.importer.files.periods import Periods
from forecast_service.importer.files.store_table import ALL, StoreTable
from forecast_service.importer.files.text_columns import day_of, iso
from forecast_service.importer.long_rows import Floats, Ints, LongRows, lookup
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.assumptions import FillRules
from forecast_service.importer.understanding.covariates import Covariates
from forecast_service.importer.understanding.earlier_imports import KnownGroup, KnownStore, no_rows
from forecast_service.importer.understanding.hidden_demand import demand
from forecast_service.importer.understanding.merged_rows import Merged

__all__ = [
    "Sold",
    "build_related",
    "build_sales",
    "kept_series",
    "store_states",
    "with_demand",
]


@dataclass(frozen=True)
class Sold:
    """Sales in canonical form, and what they say about every series of the dataset group."""

    rows: LongRows
    """``target``: NaN where a day inside the history is not known. ``stockout``: 1 where the day is
    marked as one. ``demand``: the target without the days on which a stock-out hid it."""
    whole: LongRows
    """Target and stock-outs of all sales, earlier imports included; only days that are known."""
    first: Ints
    last: Ints
    """Days of the first and last sale per series; -1 when it never sold."""
    days: Ints
    """Days with a known sale per series."""


def kept_series(merged: Merged, options: ImportOptions) -> npt.NDArray[np.bool_]:
    """Which series are imported: of the stores asked for, and with at least one sale.

    Raises
    ------
    InvalidData
        A store that was asked for is not in the files, or nothing is left.
    """
    stores = sorted({merged.keys[i][0] for i in np.unique(merged.series)}, key=natural_order)
    unknown = [name for name in options.only if name not in stores]
    if unknown:
        raise InvalidData(
            f"Store '{unknown[0]}' is not in '{merged.sheets[0].name}', which has {_few(stores)}. "
            "Ask for stores that are there."
        )
    wanted = [s for s in stores if not options.only or s in options.only][: options.stores_limit]
    chosen = set(wanted)
    kept = np.array([store in chosen for store, _ in merged.keys]) & (merged.last_sale >= 0)
    if not kept.any():
        raise InvalidData(
            f"'{merged.sheets[0].name}' has no day with sales. Fill the column of sales in."
        )
    return kept


def build_sales(merged: Merged, kept: npt.NDArray[np.bool_], known: KnownGroup | None) -> Sold:
    """The sales of the kept series, and the state of all series once they are merged in."""
    rows = _sorted(merged, {"target": merged.target, "stockout": merged.stockout})
    first, last = _own_range(rows, len(merged.keys))
    # Empty cells after a series' last sale are the future, and before its first one nothing.
    inside = (rows.day >= first[rows.series]) & (rows.day <= last[rows.series])
    asked = merged.asked[merged.order]
    rows = rows.take(inside & asked & kept[rows.series])
    earlier = no_rows("target", "stockout") if known is None else known.sales
    earlier = earlier.rekeyed(merged.keys)
    rows = _with_marks(rows, earlier)
    whole = earlier.overlaid(rows)
    whole = whole.take(~np.isnan(whole.values["target"]))
    all_first, all_last = _own_range(whole, len(merged.keys))
    days = np.bincount(whole.series, minlength=len(merged.keys))
    return Sold(rows, whole, all_first, all_last, days)


@dataclass(frozen=True)
class Related:
    """Covariates in canonical form: the rows to import, without NaN."""

    rows: LongRows
    whole: LongRows
    """What was stated of all days, earlier imports included; NaN is not known."""
    filled_cells: int
    known_until: Ints
    """Last day per series that a file (now or earlier) says something about; -1 for none."""
    until: int
    """Last day that every series covers."""


def build_related(
    merged: Merged,
    chosen: Covariates,
    kept: npt.NDArray[np.bool_],
    sold: Sold,
    horizon: int,
    known: KnownGroup | None,
) -> Related:
    """The covariates of the kept rows, and by rule the days that are missing to the horizon."""
    names = tuple(chosen.values) if known is None else known.group.covariates
    periods = merged.periods
    until = int(periods.after(sold.last.max(), horizon))
    empty = np.full(len(merged.day), np.nan)
    stated = _sorted(merged, {name: chosen.values.get(name, empty) for name in names})
    stated = stated.take(kept[stated.series])
    earlier = no_rows(*names) if known is None or not len(known.related) else known.related
    earlier = earlier.rekeyed(merged.keys)
    stated = _with_earlier(stated, earlier)
    whole = earlier.overlaid(stated)
    rules = FillRules(whole, sold.last, periods)
    filled, count = rules.fill_cells(stated)
    covered = whole.last_days()
    extra = rules.extend(np.where(sold.last >= 0, covered, -1), until, filled)
    known_until = _known_until(merged, covered, stated if chosen.values else None, known)
    # What no file ever says anything about is filled from the first sale on, not from 1970 on.
    known_until = np.maximum(known_until, periods.after(sold.first, -1))
    return Related(filled.overlaid(extra), whole, count, known_until, until)


def with_demand(sold: Sold, related: Related | None, periods: Periods) -> Sold:
    """The sales with what may be learned from them."""
    stated = None if related is None else related.whole
    known = demand(sold.rows, sold.whole, stated, periods)
    return replace(sold, rows=replace(sold.rows, values={**sold.rows.values, "demand": known}))


def store_states(
    merged: Merged,
    sold: Sold,
    related: Related | None,
    table: StoreTable | None,
    known: KnownGroup | None,
) -> dict[str, KnownStore]:
    """The state of every store of the dataset group after this import."""
    earlier = {} if known is None else known.stores
    states: dict[str, KnownStore] = {}
    of_store: dict[str, list[int]] = {}
    for index, (store, _) in enumerate(merged.keys):
        if sold.last[index] >= 0:
            of_store.setdefault(store, []).append(index)
    for store, series in of_store.items():
        region, attributes = _described(store, table, earlier.get(store))
        states[store] = KnownStore(
            region=region,
            attributes=attributes,
            first_sale_on=iso(int(sold.first[series].min())),
            last_sale_on=iso(int(sold.last[series].max())),
            days=int(sold.days[series].max()),
            assumed_from=_assumed_from(related, series, merged.periods),
        )
    return states


def _described(
    store: str, table: StoreTable | None, earlier: KnownStore | None
) -> tuple[str, Mapping[str, str]]:
    if table is not None and store in table.attributes:
        old = ALL if earlier is None else earlier.region
        return table.regions.get(store, old), table.attributes[store]
    if earlier is not None:
        return earlier.region, earlier.attributes
    return ALL, {}


def _assumed_from(related: Related | None, series: Sequence[int], periods: Periods) -> str | None:
    if related is None:
        return None
    known_until = related.known_until[series].min()
    return iso(int(periods.after(known_until, 1))) if known_until < related.until else None


def _sorted(merged: Merged, columns: Mapping[str, Floats]) -> LongRows:
    values = {name: column[merged.order] for name, column in columns.items()}
    return LongRows(merged.keys, merged.series[merged.order], merged.day[merged.order], values)


def _own_range(rows: LongRows, n_series: int) -> tuple[Ints, Ints]:
    """First and last day with a known target per series; -1 for none."""
    sold = ~np.isnan(rows.values["target"])
    series, day = rows.series[sold], rows.day[sold]
    first, last = np.full(n_series, -1), np.full(n_series, -1)
    last[series] = day  # ascending days: of several assignments the last one stays
    first[series[::-1]] = day[::-1]
    return first, last


def _with_earlier(stated: LongRows, earlier: LongRows) -> LongRows:
    """Cells that are empty now keep what an earlier import said."""
    if not len(earlier):
        return stated
    at = lookup(earlier, stated.code)
    values = {
        name: np.where(np.isnan(column) & (at >= 0), earlier.values[name][at], column)
        for name, column in stated.values.items()
    }
    return LongRows(stated.keys, stated.series, stated.day, values)


def _with_marks(rows: LongRows, earlier: LongRows) -> LongRows:
    """Where nothing is said about a stock-out now, an earlier mark stays; else there is none."""
    said = LongRows(rows.keys, rows.series, rows.day, {"stockout": rows.values["stockout"]})
    marked = np.nan_to_num(_with_earlier(said, earlier).values["stockout"])
    return replace(rows, values={**rows.values, "stockout": marked})


def _known_until(
    merged: Merged, covered: Ints, stated: LongRows | None, known: KnownGroup | None
) -> Ints:
    stores = {} if known is None else known.stores
    until = np.full(len(merged.keys), -1)
    for index, (store, _) in enumerate(merged.keys):
        if store in stores:
            assumed = stores[store].assumed_from
            until[index] = (
                covered[index]
                if assumed is None
                else merged.periods.after(np.int64(day_of(assumed)), -1)
            )
    if stated is not None:
        np.maximum.at(until, stated.series, stated.day)
    return until


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:10])
    return f"{shown} and {len(names) - 10:,} more" if len(names) > 10 else shown
