"""From the data of a dataset group to the engine's arrays: one panel and its known future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast_service.arrow import to_numpy, to_times
from forecast_service.engine.calendar import next_periods, period_starts, periods_between
from forecast_service.engine.filling import fill_target
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.local.aggregation import aggregate, series_rows
from forecast_service.local.configuration import PredictorConfig, fill_values
from forecast_service.local.filling import TARGET_DEFAULTS
from forecast_service.local.related import related_values
from forecast_service.local.sources import Source, Sources

__all__ = ["Built", "build", "key_names"]


@dataclass(frozen=True)
class Built:
    """A panel, what is known about the horizon after it, and sentences about what was left out."""

    panel: Panel
    known_future: KnownFuture
    notes: tuple[str, ...]


def build(sources: Sources, config: PredictorConfig) -> Built:
    """Rows to arrays: bucketed, aggregated and filled as the predictor's configuration says.

    The history ends, for every series, with the last period in which any of them has a row.

    Raises
    ------
    InvalidData
        The related series do not cover the target, or a needed value of them is missing.
    """
    names = key_names(sources.target, config)
    panel = _target_panel(sources.target, names, config)
    future = next_periods(panel.timestamps[-1], config.frequency, config.horizon)
    periods = panel.n_periods
    if sources.related is None:
        return Built(_described(panel, sources.metadata), KnownFuture(future), ())
    related = related_values(sources.related, panel, names, config)
    past = {name: values[:, :periods] for name, values in related.values.items()}
    ahead = {name: values[:, periods:] for name, values in related.values.items()}
    panel = replace(panel.take(related.kept), covariates=past)
    return Built(_described(panel, sources.metadata), KnownFuture(future, ahead), related.notes)


def key_names(target: Source, config: PredictorConfig) -> tuple[str, ...]:
    """Columns that name a series: the item, then the forecast dimensions in schema order."""
    schema = target.schema
    return (schema.item, *(name for name in schema.dimensions if name in config.dimensions))


def _target_panel(source: Source, names: Sequence[str], config: PredictorConfig) -> Panel:
    """Target alone; dimensions that the predictor does not name are aggregated away."""
    schema = source.schema
    found = series_rows(source.table, names)
    times = to_times(source.table[schema.timestamp])
    timestamps = period_starts(times.min(), times.max(), config.frequency)
    periods = periods_between(timestamps[0], times, config.frequency)
    target = schema.numbers[0]
    methods = {**TARGET_DEFAULTS, **config.fillings.get(target, {})}
    matrix = aggregate(
        found.rows,
        periods,
        np.asarray(to_numpy(source.table[target]), dtype=np.float64),
        (len(found.keys), len(timestamps)),
        methods["aggregation"],
    )
    return Panel(
        keys=found.keys,
        timestamps=timestamps,
        frequency=config.frequency,
        target=fill_target(
            matrix, methods["middlefill"], methods["backfill"], fill_values(methods)
        ),
    )


def _described(panel: Panel, metadata: Source | None) -> Panel:
    """The panel with the item metadata of its series, '' where an item has none."""
    if metadata is None:
        return panel
    items = metadata.table[metadata.schema.item].to_pylist()
    attributes: dict[str, tuple[str, ...]] = {}
    for name in metadata.schema.texts:
        if name != metadata.schema.item:
            known: Mapping[str, str | None] = dict(
                zip(items, metadata.table[name].to_pylist(), strict=True)
            )
            attributes[name] = tuple(known.get(key[0]) or "" for key in panel.keys)
    return replace(panel, attributes=attributes)
