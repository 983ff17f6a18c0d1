"""The engine's arrays from the data of a dataset group: a panel and its known future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.arrow import to_numpy, to_times
from forecast_service.engine.calendar import next_periods, period_starts, periods_between
from forecast_service.engine.filling import fill_target
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.periods.frequency import Times, parse_frequency
from forecast_service.local.jobs.aggregation import aggregate, series_rows
from forecast_service.local.jobs.complete_days import last_complete_day
from forecast_service.local.jobs.predictor_config import PredictorConfig, fill_values
from forecast_service.local.jobs.related_series import related_values
from forecast_service.local.jobs.sources import Source, Sources
from forecast_service.local.operations.filling_rules import TARGET_DEFAULTS

__all__ = ["ModelInput", "attributes_of", "build_input"]

DAILY = "D"
MOST_PERIODS = 50_000  # that models learn from: 35 days of minutes, five years of hours
FEWEST_PERIODS = 2_000  # at least so many, for four times the longest horizon
MOST_VALUES = 20_000_000  # of a panel with periods shorter than a day, unless they are fewer
MIN_PERIODS = 3  # an end is compared with the periods between the ends
USUAL = 0.9  # share of the other periods that lack no more than is usual
NOTABLE = 0.05  # share of a period that may be missing: an hour of a day, a day of a month
TICK = np.timedelta64(1, "s")


@dataclass(frozen=True)
class ModelInput:
    """A panel, its known future, and notes about data that were left out."""

    panel: Panel
    known_future: KnownFuture
    notes: tuple[str, ...]


def build_input(sources: Sources, config: PredictorConfig) -> ModelInput:
    """Group the rows by period, aggregate and fill them as the configuration of the predictor says.

    All histories end with the last period in which any series has a row, and the known future
    begins after it. If finer data, such as days for weeks, cover the first or the last period only
    in part, the panel is without it; the known future stays the same.

    Raises
    ------
    InvalidData
        The related series do not cover the target, or lack a value that is needed.
    """
    names = _key_names(sources.target, config)
    config = replace(config, frequency=_begun_frequency(sources.target, config))
    panel, future, notes = _target_panel(sources.target, names, config)
    if sources.related is None:
        return ModelInput(_add_attributes(panel, sources.metadata), KnownFuture(future), notes)
    related = related_values(sources.related, panel, future, names, config)
    panel = replace(panel.take(related.kept), covariates=related.past)
    return ModelInput(
        _add_attributes(panel, sources.metadata),
        KnownFuture(future, related.ahead),
        (*notes, *related.notes),
    )


def _begun_frequency(source: Source, config: PredictorConfig) -> str:
    """The frequency whose periods of several units begin with the first row of the training."""
    if config.begun is not None:
        return config.begun
    first = to_times(source.table[source.schema.timestamp]).min()
    return str(parse_frequency(config.frequency).begun_at(first))


def _key_names(target: Source, config: PredictorConfig) -> tuple[str, ...]:
    """Columns that identify a series: the item, then the forecast dimensions in schema order."""
    schema = target.schema
    return (schema.item, *(name for name in schema.dimensions if name in config.dimensions))


def _target_panel(
    source: Source, names: Sequence[str], config: PredictorConfig
) -> tuple[Panel, Times, tuple[str, ...]]:
    """The panel of the target alone, the coming periods, and notes about omitted periods.

    The target is aggregated over dimensions that the predictor does not use.
    """
    schema = source.schema
    series = series_rows(source.table, names)
    times = to_times(source.table[schema.timestamp])
    distinct = np.unique(times)
    end, waiting = _end_of_days(times, distinct, series.rows, series.keys, config.frequency)
    distinct = distinct[distinct <= end]
    timestamps, notes = _whole_periods(distinct, config.frequency)
    timestamps, shortened = _newest_periods(timestamps, len(series.keys), config.frequency)
    notes = (*notes, *waiting, *shortened)
    periods = periods_between(timestamps[0], times, config.frequency)
    inside = (periods >= 0) & (periods < len(timestamps))
    target = schema.numbers[0]
    methods = {**TARGET_DEFAULTS, **config.fillings.get(target, {})}
    matrix = aggregate(
        series.rows[inside],
        periods[inside],
        np.asarray(to_numpy(source.table[target]), dtype=np.float64)[inside],
        (len(series.keys), len(timestamps)),
        methods["aggregation"],
    )
    panel = Panel(
        keys=series.keys,
        timestamps=timestamps,
        frequency=config.frequency,
        target=fill_target(
            matrix, methods["middlefill"], methods["backfill"], fill_values(methods)
        ),
    )
    return panel, next_periods(distinct[-1], config.frequency, config.horizon), notes


def _end_of_days(
    times: Times,
    distinct: Times,
    rows: npt.NDArray[np.intp],
    keys: Sequence[Sequence[str]],
    frequency: str,
) -> tuple[np.datetime64, tuple[str, ...]]:
    """The last time that the histories include, and a note about series that have newer days."""
    newest = distinct[-1]
    if frequency != DAILY:
        return newest, ()
    day = last_complete_day(times, rows, distinct)
    next_day = day + np.timedelta64(1, "D")
    late = np.unique(rows[times >= next_day])
    if not len(late):
        return newest, ()
    which = f"series '{', '.join(keys[late[0]])}'"
    more = f" and {len(late) - 1:,} more" if len(late) > 1 else ""
    note = (
        f"The forecast starts after {day}, the last day that most series have. Newer days of "
        f"{which}{more} are used as soon as most series have them."
    )
    return next_day.astype(times.dtype) - TICK, (note,)


def _whole_periods(times: Times, frequency: str) -> tuple[Times, tuple[str, ...]]:
    """Starts of the periods that the distinct ``times`` cover, and notes about omitted periods.

    The first or last period is incomplete if it lacks a larger share than nearly all other periods,
    by more than a twentieth. So the weeks of a shop that is closed on Sundays are complete, and a
    day of hours that ends at 22:00. With one row per period, all are complete.
    """
    timestamps = period_starts(times[0], times[-1], frequency)
    periods = periods_between(timestamps[0], times, frequency)
    present, first, count = np.unique(periods, return_index=True, return_counts=True)
    if len(present) < MIN_PERIODS or np.median(count) < 2:
        return timestamps, ()
    begins = np.append(timestamps, next_periods(timestamps[-1], frequency, 1))
    begin, end = begins[present], begins[present + 1]
    step = np.median(np.diff(times))
    before = (times[first] - begin) // step * step / (end - begin)
    after = ((end - times[first + count - 1] - TICK) // step) * step / (end - begin)
    kept, notes = timestamps, []
    if after[-1] > np.quantile(after[:-1], USUAL) + NOTABLE:
        kept = kept[:-1]
        notes.append(
            f"{_omission(timestamps[-1])} its data end on {_date(times[-1])}. The forecast begins "
            f"with {_date(begins[-1])}."
        )
    if before[0] > np.quantile(before[1:], USUAL) + NOTABLE:
        kept = kept[1:]
        notes.append(f"{_omission(timestamps[0])} its data begin on {_date(times[0])}.")
    return kept, tuple(notes)


def _newest_periods(
    timestamps: Times, n_series: int, frequency: str
) -> tuple[Times, tuple[str, ...]]:
    """The newest periods, as many as memory allows, and a note if there are more.

    Only periods shorter than a day become so many.
    """
    most = min(MOST_PERIODS, max(FEWEST_PERIODS, MOST_VALUES // n_series))
    if not parse_frequency(frequency).is_subdaily or len(timestamps) <= most:
        return timestamps, ()
    newest = timestamps[-most:]
    note = (
        f"Models learn from the newest {most:,} periods, which begin at {newest[0]}. The "
        f"{len(timestamps) - most:,} periods before are left out."
    )
    return newest, (note,)


def _omission(start: np.datetime64) -> str:
    return (
        f"The period that begins on {_date(start)} is not learned from, because it is incomplete:"
    )


def _date(time: np.datetime64) -> str:
    return str(time.astype("datetime64[D]"))


def _add_attributes(panel: Panel, metadata: Source | None) -> Panel:
    """The panel with item metadata as attributes."""
    if metadata is None:
        return panel
    return replace(panel, attributes=attributes_of(metadata, panel.keys))


def attributes_of(metadata: Source, keys: Sequence[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The item metadata of each series by field; an item without metadata gets ''."""
    items = metadata.table[metadata.schema.item].to_pylist()
    attributes: dict[str, tuple[str, ...]] = {}
    for name in metadata.schema.texts:
        if name != metadata.schema.item:
            values: Mapping[str, str | None] = dict(
                zip(items, metadata.table[name].to_pylist(), strict=True)
            )
            attributes[name] = tuple(values.get(key[0]) or "" for key in keys)
    return attributes
