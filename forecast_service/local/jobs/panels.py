"""From the data of a dataset group to the engine's arrays: one panel and its known future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast_service.common.arrow import to_numpy, to_times
from forecast_service.engine.calendar import (
    Times,
    next_periods,
    period_starts,
    periods_between,
)
from forecast_service.engine.filling import fill_target
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.local.jobs.aggregation import aggregate, series_rows
from forecast_service.local.jobs.predictor_config import PredictorConfig, fill_values
from forecast_service.local.jobs.related_series import related_values
from forecast_service.local.jobs.sources import Source, Sources
from forecast_service.local.operations.filling_rules import TARGET_DEFAULTS

__all__ = ["Built", "build", "key_names"]

MIN_PERIODS = 3  # so that there are others to compare an end with


@dataclass(frozen=True)
class Built:
    """A panel, what is known about the horizon after it, and sentences about what was left out."""

    panel: Panel
    known_future: KnownFuture
    notes: tuple[str, ...]


def build(sources: Sources, config: PredictorConfig) -> Built:
    """Rows to arrays: bucketed, aggregated and filled as the predictor's configuration says.

    The history ends, for every series, with the last period in which any of them has a row. A first
    or last period that finer data (days, for weeks) cover only in part is left out.

    Raises
    ------
    InvalidData
        The related series do not cover the target, or a needed value of them is missing.
    """
    names = key_names(sources.target, config)
    panel, notes = _target_panel(sources.target, names, config)
    future = next_periods(panel.timestamps[-1], config.frequency, config.horizon)
    periods = panel.n_periods
    if sources.related is None:
        return Built(_described(panel, sources.metadata), KnownFuture(future), notes)
    related = related_values(sources.related, panel, names, config)
    past = {name: values[:, :periods] for name, values in related.values.items()}
    ahead = {name: values[:, periods:] for name, values in related.values.items()}
    panel = replace(panel.take(related.kept), covariates=past)
    return Built(
        _described(panel, sources.metadata), KnownFuture(future, ahead), (*notes, *related.notes)
    )


def key_names(target: Source, config: PredictorConfig) -> tuple[str, ...]:
    """Columns that name a series: the item, then the forecast dimensions in schema order."""
    schema = target.schema
    return (schema.item, *(name for name in schema.dimensions if name in config.dimensions))


def _target_panel(
    source: Source, names: Sequence[str], config: PredictorConfig
) -> tuple[Panel, tuple[str, ...]]:
    """Target alone; dimensions that the predictor does not name are aggregated away."""
    schema = source.schema
    found = series_rows(source.table, names)
    times = to_times(source.table[schema.timestamp])
    timestamps, notes = _whole_periods(np.unique(times), config.frequency)
    periods = periods_between(timestamps[0], times, config.frequency)
    inside = (periods >= 0) & (periods < len(timestamps))
    target = schema.numbers[0]
    methods = {**TARGET_DEFAULTS, **config.fillings.get(target, {})}
    matrix = aggregate(
        found.rows[inside],
        periods[inside],
        np.asarray(to_numpy(source.table[target]), dtype=np.float64)[inside],
        (len(found.keys), len(timestamps)),
        methods["aggregation"],
    )
    panel = Panel(
        keys=found.keys,
        timestamps=timestamps,
        frequency=config.frequency,
        target=fill_target(
            matrix, methods["middlefill"], methods["backfill"], fill_values(methods)
        ),
    )
    return panel, notes


def _whole_periods(times: Times, frequency: str) -> tuple[Times, tuple[str, ...]]:
    """Starts of the periods that the distinct ``times`` cover, and what was left out.

    An end is covered in part if it lacks more time than such periods usually do: a shop that never
    opens on Sundays has whole weeks. Data with one row per period cover all of theirs.
    """
    timestamps = period_starts(times[0], times[-1], frequency)
    periods = periods_between(timestamps[0], times, frequency)
    present, first, count = np.unique(periods, return_index=True, return_counts=True)
    if len(present) < MIN_PERIODS or np.median(count) < 2:
        return timestamps, ()
    ends = next_periods(timestamps[-1], frequency, 1)
    begin, end = timestamps[present], np.append(timestamps, ends)[present + 1]
    lead, rest = times[first] - begin, end - times[first + count - 1]
    kept = timestamps
    notes = []
    if rest[-1] > np.median(rest[:-1]):
        kept = kept[:-1]
        notes.append(f"{_partly(timestamps[-1])} data end on {_date(times[-1])}.")
    if lead[0] > np.median(lead[1:]):
        kept = kept[1:]
        notes.append(f"{_partly(timestamps[0])} data begin on {_date(times[0])}.")
    return kept, tuple(notes)


def _partly(start: np.datetime64) -> str:
    return f"The period that begins on {_date(start)} is left out, as it is not whole: its"


def _date(time: np.datetime64) -> str:
    return str(time.astype("datetime64[D]"))


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
