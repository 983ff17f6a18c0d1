"""Related time series, aligned with the target and known in advance for the horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.common.arrow import to_numpy, to_times
from forecast_service.common.keys import series_key
from forecast_service.engine.calendar import periods_between
from forecast_service.engine.filling import fill_covariate
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import Times
from forecast_service.errors import InvalidData
from forecast_service.local.jobs.aggregation import SeriesRows, series_rows, spread
from forecast_service.local.jobs.predictor_config import PredictorConfig, fill_values
from forecast_service.local.jobs.sources import Source

__all__ = ["Related", "related_values"]

STARTS_LATER = (  # Amazon's own words
    "There are item/dimension combinations where the related time series start date is later than "
    "target time series."
)
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Related:
    """Covariates of the series that have related values.

    The shape of each is (n_kept, periods) in ``past`` and (n_kept, horizon) in ``ahead``.
    """

    kept: Rows
    """Rows of the panel that have related values."""
    past: Mapping[str, FloatArray]
    ahead: Mapping[str, FloatArray]
    notes: tuple[str, ...]


def related_values(
    source: Source, panel: Panel, future: Times, names: Sequence[str], config: PredictorConfig
) -> Related:
    """The features that are known for the horizon, filled as configured.

    ``future`` has the periods of the horizon. ``names`` are the columns of the panel's keys: the
    item, then the dimensions. After filling, a feature must have a value in every period of the
    horizon and wherever the target is known. A feature without any value in the horizon is left
    out and named in a note.

    Raises
    ------
    InvalidData
        The panel and the related data share no series, a related series begins after its target,
        or a value is missing.
    """
    related = series_rows(source.table, (source.schema.item, *source.schema.dimensions))
    kept, partner = _common_series(related, panel, source, names)
    times = to_times(source.table[source.schema.timestamp])
    periods = periods_between(panel.timestamps[0], times, config.frequency)
    _require_early_start(panel, kept, partner, related, periods)
    own = panel.take(kept)
    width = int(periods_between(panel.timestamps[0], future[-1:], config.frequency)[0]) + 1
    inside = (periods >= 0) & (periods < width)
    past, ahead, notes = {}, {}, _missing_note(panel, kept)
    for name in source.schema.numbers:
        column = np.asarray(to_numpy(source.table[name]), dtype=np.float64)[inside]
        matrix = spread(related.rows[inside], periods[inside], column, (len(related.keys), width))
        matrix = _fill(matrix, name, panel.n_periods, config)
        if np.isnan(matrix[:, -len(future) :]).all():
            notes.append(
                f"'{name}' is left out: it has no value after {panel.timestamps[-1]}, so it is "
                "not known in advance."
            )
            continue
        past[name] = matrix[partner, : panel.n_periods]
        ahead[name] = matrix[partner, -len(future) :]
        _require_complete(past[name], ahead[name], name, own, future)
    return Related(kept, past, ahead, tuple(notes))


def _common_series(
    related: SeriesRows, panel: Panel, source: Source, names: Sequence[str]
) -> tuple[Rows, Rows]:
    """Rows of the panel that have related values, and the index of the related series of each."""
    own = [name for name in source.schema.dimensions if name not in names]
    if own:
        raise InvalidData(
            f"The attribute(s) [{', '.join(own)}] present in the RELATED_TIME_SERIES schema should "
            "be added as a forecast dimension."
        )
    indices = {key: index for index, key in enumerate(related.keys)}
    parts = [names.index(name) for name in (source.schema.item, *source.schema.dimensions)]
    partners = [indices.get(tuple(key[part] for part in parts), -1) for key in panel.keys]
    partner = np.array(partners, dtype=np.int64)
    kept = np.flatnonzero(partner >= 0)
    if not len(kept):
        raise InvalidData(
            f"None of the {panel.n_series} target series, such as {series_key(panel.keys[0])}, is "
            "in the related time series. Use the same item identifiers in both."
        )
    return kept, partner[kept]


def _missing_note(panel: Panel, kept: Rows) -> list[str]:
    missing = panel.n_series - len(kept)
    if not missing:
        return []
    example = next(iter(set(range(panel.n_series)) - set(kept.tolist())))
    return [
        f"{missing} of {panel.n_series} series are left out, such as "
        f"{series_key(panel.keys[example])}: they are not in the related time series."
    ]


def _require_early_start(
    panel: Panel, kept: Rows, partner: Rows, related: SeriesRows, periods: Rows
) -> None:
    first = np.full(len(related.keys), np.iinfo(np.int64).max)
    np.minimum.at(first, related.rows, periods)
    has_target = ~np.isnan(panel.target[kept])
    begins = np.where(has_target.any(axis=1), has_target.argmax(axis=1), np.iinfo(np.int64).max)
    late = np.flatnonzero(first[partner] > begins)
    if len(late):
        key = series_key(panel.keys[kept[late[0]]])
        raise InvalidData(
            f"{STARTS_LATER} {len(late)} of {len(kept)} series, such as {key}: its target begins "
            f"{panel.timestamps[begins[late[0]]]}."
        )


def _fill(matrix: FloatArray, name: str, n_periods: int, config: PredictorConfig) -> FloatArray:
    methods = config.fillings.get(name)
    if not methods:
        return matrix
    return fill_covariate(
        matrix,
        n_periods,
        middle=methods.get("middlefill"),
        back=methods.get("backfill"),
        future=methods.get("futurefill"),
        values=fill_values(methods),
    )


def _require_complete(
    past: FloatArray, ahead: FloatArray, name: str, panel: Panel, future: Times
) -> None:
    unknown = np.isnan(past) & ~np.isnan(panel.target)
    missing = np.concatenate([unknown, np.isnan(ahead)], axis=1)
    if not missing.any():
        return
    row, column = (int(index[0]) for index in np.nonzero(missing))
    times = [*panel.timestamps, *future]
    kind = "futurefill" if column >= panel.n_periods else "middlefill"
    raise InvalidData(
        f"'{name}' of series {series_key(panel.keys[row])} has no value at {times[column]}; "
        f"{int(missing.sum())} values of {int(missing.any(axis=1).sum())} series are missing. "
        f"Import them up to {times[-1]}, or set '{kind}' for '{name}'."
    )
