"""What-ifs that nobody saves: the model of a forecast, asked about another future."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forecast_service.common.keys import series_key, split_key
from forecast_service.details import Change, WhatIfSeries
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture
from forecast_service.errors import (
    Conflict,
    FieldError,
    InvalidRequest,
    NoForecast,
    OutsideHorizon,
    Remedy,
)
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.forecast_models import Seen, ServedModel, ServedModels
from forecast_service.local.jobs.forecast_values import values_of
from forecast_service.local.resource_details import ForecastDetails
from forecast_service.storage.forecast_store import StoredForecast

__all__ = ["what_if"]

DAY = np.timedelta64(1, "D")
NOTHING = "Nothing changes: the model of this forecast does not react to what was supposed."


def what_if(
    forecast: Resource, models: ServedModels, keys: Sequence[str], changes: Sequence[Change]
) -> list[WhatIfSeries]:
    """Each series (``keys.series_key``) as the model of a forecast sees it with other covariates.

    Of several changes of one covariate on one day the last counts. Nothing is stored.

    Raises
    ------
    InvalidRequest, OutsideHorizon
        A covariate does not exist, cannot have this value, or a day is not forecast.
    Conflict
        The model of the forecast was not kept.
    NoForecast
        A series is not in the forecast.
    """
    files = ForecastDetails.of(forecast.details).served
    if not files:
        raise Conflict(
            f"Forecast '{forecast.name}' has no model beside it: it was made before what-ifs "
            "existed.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )
    found: dict[str, WhatIfSeries] = {}
    for model, wanted in models.of(files, [split_key(key) for key in keys]):
        found.update(_supposed(forecast, model, wanted, changes))
    return [found[key] for key in keys]


def _supposed(
    forecast: Resource,
    model: ServedModel,
    keys: Sequence[tuple[str, ...]],
    changes: Sequence[Change],
) -> Iterator[tuple[str, WhatIfSeries]]:
    missing = [key for key in keys if key not in model.rows]
    if missing:
        raise NoForecast(
            f"Series {series_key(missing[0])} is not in forecast '{forecast.name}'.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )
    changed_future, notes = _changed(model, changes)
    rows = np.array([model.rows[key] for key in keys], dtype=np.intp)
    fitted = model.fitted.take(rows, model.known_future)
    before = values_of(fitted, model.known_future.take(rows), model.forecast_types)
    after = values_of(fitted, changed_future.take(rows), model.forecast_types)
    start = str(model.known_future.timestamps[0])
    said = zip(keys, fitted.algorithms, fitted.notes, before, after, strict=True)
    for key, algorithm, note, planned, supposed in said:
        baseline = StoredForecast(
            forecast_arn=forecast.arn,
            series_key=series_key(key),
            start=start,
            frequency=model.frequency,
            forecast_types=model.forecast_types,
            values=planned,
            algorithm=algorithm,
            note=note,
        )
        same = (NOTHING,) if np.array_equal(planned, supposed) else ()
        changed = replace(baseline, values=supposed)
        yield baseline.series_key, WhatIfSeries(changed, baseline, (*notes, *same))


def _changed(model: ServedModel, changes: Sequence[Change]) -> tuple[KnownFuture, list[str]]:
    """The future with the changes made for all series, and what has to be said about them."""
    values = dict(model.known_future.covariates)
    notes: list[str] = []
    for change in changes:
        notes += _checked(change, model.seen)
        periods = _periods(change, model)
        values[change.covariate] = values[change.covariate].copy()
        values[change.covariate][:, periods] = change.value
    return replace(model.known_future, covariates=values), notes


def _checked(change: Change, seen: Mapping[str, Seen]) -> list[str]:
    """A note when the value lies outside of what was seen; InvalidRequest when it cannot be."""
    name, value, place = change.covariate, change.value, change.place
    if name not in seen:
        known = ", ".join(f"'{each}'" for each in seen) or "none"
        raise _refused(place, "covariate", f"'{name}' is no covariate; there is {known}")
    found = seen[name]
    if found.flag and value not in (0.0, 1.0):
        detail = f"'{name}' is 0 or 1 on every day, not {value:g}"
        raise _refused(place, "value", detail)
    if found.least <= value <= found.most:
        return []
    if found.flag:
        return [f"'{name}' was never {value:g}: what it would do is not known, and not forecast."]
    return [
        f"'{name}' was {found.least:g} to {found.most:g} so far: the forecast at {value:g} goes "
        "beyond what the model has seen."
    ]


def _periods(change: Change, model: ServedModel) -> slice:
    """The periods of the horizon that have a part in the days of a change."""
    times = model.known_future.timestamps
    end = next_periods(times[-1], model.frequency, 1)[0]
    first = np.datetime64(change.first, "s")
    after = np.datetime64(change.last, "s") + DAY
    if first < times[0] or after > end:
        is_first = first < times[0] or first >= end
        field, day = ("from", change.first) if is_first else ("to", change.last)
        last = (end - np.timedelta64(1, "s")).astype("datetime64[D]")
        detail = f"'{day}' is outside the forecast, which goes from {str(times[0])[:10]} to {last}"
        error = FieldError(f"/changes/{change.place}/{field}", detail)
        raise OutsideHorizon(f"{detail}. Change days within it.", errors=(error,))
    start = int(np.searchsorted(times, first, side="right")) - 1
    return slice(start, int(np.searchsorted(times, after, side="left")))


def _refused(place: int, field: str, detail: str) -> InvalidRequest:
    pointer = f"/changes/{place}/{field}"
    return InvalidRequest(f"'{pointer}': {detail}.", errors=(FieldError(pointer, detail),))
