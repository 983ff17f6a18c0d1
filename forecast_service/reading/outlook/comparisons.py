"""Comparisons: what kept forecasts say of a store, and what changed from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.common.instants import utc_text
from forecast_service.common.keys import split_key
from forecast_service.errors import NoForecast
from forecast_service.reading.current import imported_group
from forecast_service.reading.outlook.columns import numbers
from forecast_service.reading.outlook.comparison import Comparison, Told
from forecast_service.reading.outlook.series_forecast import (
    SeriesForecast,
    address_of,
    read_series,
)
from forecast_service.reading.outlook.timeline import read_timeline
from forecast_service.runs import KeptForecast
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, read_group
from forecast_service.storage.limits import Limits
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stores import existing_stores, refuse_missing_item
from forecast_service.storage.tables import stores

__all__ = ["Comparisons", "SeriesName"]

DAYS = 7
MOST_STORES = 10  # that moved most

Document = dict[str, Any]


@dataclass(frozen=True)
class SeriesName:
    """A store or an item, as a caller with these limits names it."""

    store: int | str
    item: str | None
    limits: Limits


class Comparisons:
    """Reads kept forecasts of single series, and compares them."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.snapshots = SnapshotStore(database, settings.home)

    def values(self, name: SeriesName, kept: Sequence[KeptForecast]) -> dict[str, Document | None]:
        """The columns of a series in each of these forecasts, by ARN; None where it is not in."""
        with self.database.read() as connection:
            group = self._group(connection, name)
            series = str(name.store), name.item
            names = {one.forecast_arn: address_of(group, one.forecast_arn, *series) for one in kept}
            key = address_of(group, "", *series)[1]
            found = forecast_store.read_each(connection, [arn for arn, _ in names.values()], key)
        return {
            arn: _columns(SeriesForecast(found[address], None)) if address in found else None
            for arn, (address, _) in names.items()
        }

    def compare(self, name: SeriesName, before: KeptForecast, after: KeptForecast) -> Document:
        """The difference between two forecasts of a series, and the reasons.

        Raises
        ------
        UnknownStore, UnknownItem, NoForecast, DamagedData
            The series does not exist, or is not in one of the forecasts.
        """
        with self.database.read() as connection:
            group = self._group(connection, name)
            series = [self._series(connection, group, name, kept) for kept in (before, after)]
            first = min(one.dates[0] for one in series)
            last = max(one.dates[-1] for one in series)
            where = str(name.store), name.item
            timeline = read_timeline(self.snapshots, group, where, first, last)
        comparison = Comparison(series[0], series[1], group.texts or {})
        reasons = comparison.reasons((_told(before), _told(after)), timeline)
        return {**comparison.document(), "reasons": reasons}

    def changes(self, before: KeptForecast, after: KeptForecast, limits: Limits) -> Document | None:
        """The totals of all stores within the limits in a week, and the stores that moved most.

        None if the two have no day in common.
        """
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None:
                return None
            statement = sa.select(stores.c.store, stores.c.region).where(
                stores.c.dataset_group == group.name, limits.condition()
            )
            regions = {row.store: row.region for row in connection.execute(statement)}
            old, new = (
                _sums_by_day(connection, group, kept.forecast_arn, regions)
                for kept in (before, after)
            )
        return _moved(old, new, regions)

    def _group(self, connection: sa.Connection, name: SeriesName) -> DatasetGroup:
        group = imported_group(connection, self.settings.dataset_group)
        existing_stores(connection, group.name, [name.store], name.limits)
        if name.item is not None:
            refuse_missing_item(connection, group, str(name.store), name.item)
        return group

    def _series(
        self, connection: sa.Connection, group: DatasetGroup, name: SeriesName, kept: KeptForecast
    ) -> SeriesForecast:
        found = read_series(connection, group, kept.forecast_arn, str(name.store), name.item)
        if found is None:
            raise NoForecast(
                f"Store '{name.store}' is not in forecast '{kept.id}', which was made before its "
                "sales were imported."
            )
        return found


def _told(kept: KeptForecast) -> Told:
    return Told(kept.data_until, kept.predictor_arn, utc_text(kept.trained_at))


def _columns(series: SeriesForecast) -> Document:
    columns = {name: numbers(values) for name, values in series.values.items()}
    return {"date": [str(day) for day in series.dates], **columns}


def _sums_by_day(
    connection: sa.Connection, group: DatasetGroup, arn: str, regions: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """The middle of each store by day."""
    whole = forecast_store.totals_of(arn) if group.has_items else arn
    found: dict[str, dict[str, float]] = {}
    days: list[str] = []
    for key, stored in forecast_store.read_whole(connection, whole):
        store = split_key(key)[-1]
        if stored is None or store not in regions:
            continue
        series = SeriesForecast(stored, None)
        days = days or [str(day) for day in series.dates]
        found[store] = dict(zip(days, series.middle.tolist(), strict=True))
    return found


def _moved(
    old: Mapping[str, Mapping[str, float]],
    new: Mapping[str, Mapping[str, float]],
    regions: Mapping[str, str],
) -> Document | None:
    common = sorted(set(next(iter(old.values()), {})) & set(next(iter(new.values()), {})))[:DAYS]
    names = [store for store in new if store in old]
    if not common or not names:
        return None
    sums = {
        store: (sum(old[store][d] for d in common), sum(new[store][d] for d in common))
        for store in names
    }
    by_region: dict[str, list[tuple[float, float]]] = {}
    for store, pair in sums.items():
        by_region.setdefault(regions[store], []).append(pair)
    ordered = sorted(names, key=lambda store: (-abs(sums[store][1] - sums[store][0]), store))
    return {
        "from": common[0],
        "to": common[-1],
        "days": len(common),
        "total": _change([*sums.values()]),
        "regions": [{"region": r, **_change(pairs)} for r, pairs in sorted(by_region.items())],
        "stores": [{"store": store, **_change([sums[store]])} for store in ordered[:MOST_STORES]],
    }


def _change(pairs: Sequence[tuple[float, float]]) -> Document:
    before, after = (float(np.sum([pair[place] for pair in pairs])) for place in (0, 1))
    share = after / before - 1 if before > 0 else None
    return {"before": before, "after": after, "units": after - before, "share": share}
