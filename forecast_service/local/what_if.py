"""What-ifs that are not stored: the model of a forecast with other covariates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forecast_service.common.keys import series_key, split_key
from forecast_service.common.wording.coded import say
from forecast_service.details import Change, WhatIfSeries
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import KnownFuture
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.errors import (
    Conflict,
    FieldError,
    InvalidRequest,
    NoForecast,
    OutsideHorizon,
    Remedy,
)
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.forecast_models import CovariateRange, ServedModel, ServedModels
from forecast_service.local.jobs.forecast_values import values_of
from forecast_service.local.resource_details import ForecastDetails
from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["what_if"]

DAY = np.timedelta64(1, "D")
NO_EFFECT = say("no_effect")


def what_if(
    forecast: Resource, models: ServedModels, keys: Sequence[str], changes: Sequence[Change]
) -> list[WhatIfSeries]:
    """The series with these keys (``keys.series_key``), forecast with other covariates.

    If several changes set one covariate on one day, the last one counts. Nothing is stored.

    Raises
    ------
    InvalidRequest, OutsideHorizon
        A covariate does not exist or cannot have this value, or a day is outside the forecast.
    Conflict
        The model of the forecast was not kept.
    NoForecast
        A series is not in the forecast.
    """
    files = ForecastDetails.of(forecast.details).served
    if not files:
        raise Conflict(
            f"Forecast '{forecast.name}' has no stored model: it was made before what-ifs existed.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )
    series: dict[str, WhatIfSeries] = {}
    for model, model_keys in models.of(files, [split_key(key) for key in keys]):
        series.update(_series(forecast, model, model_keys, changes))
    return [series[key] for key in keys]


def _series(
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
    changed_future, notes = _change_future(model, changes)
    rows = np.array([model.rows[key] for key in keys], dtype=np.intp)
    fitted = model.fitted.take(rows, model.known_future)
    limits = model.limits.take(rows)
    baselines, changed = (
        limits.applied_to(values_of(fitted, future.take(rows), model.forecast_types))
        for future in (model.known_future, changed_future)
    )
    start = str(model.known_future.timestamps[0])
    series = zip(keys, fitted.algorithms, fitted.notes, baselines, changed, strict=True)
    for key, algorithm, note, baseline_values, changed_values in series:
        baseline = StoredForecast(
            forecast_arn=forecast.arn,
            series_key=series_key(key),
            start=start,
            frequency=parse_frequency(model.frequency).short,
            forecast_types=model.forecast_types,
            values=baseline_values,
            algorithm=algorithm,
            note=note,
        )
        no_effect = (NO_EFFECT,) if np.array_equal(baseline_values, changed_values) else ()
        yield (
            baseline.series_key,
            WhatIfSeries(
                changed=replace(baseline, values=changed_values),
                baseline=baseline,
                notes=(*notes, *no_effect),
            ),
        )


def _change_future(model: ServedModel, changes: Sequence[Change]) -> tuple[KnownFuture, list[str]]:
    """The known future of all series with the changes, and notes about them."""
    values = dict(model.known_future.covariates)
    notes: list[str] = []
    for change in changes:
        notes += _check_value(change, model.ranges)
        periods = _periods(change, model)
        values[change.covariate] = values[change.covariate].copy()
        values[change.covariate][:, periods] = change.value
    changed = replace(model.known_future, covariates=values)
    return model.limits.bounds.within(changed), notes


def _check_value(change: Change, ranges: Mapping[str, CovariateRange]) -> list[str]:
    """A note if the value is outside the known range; InvalidRequest if it is impossible."""
    name, value, place = change.covariate, change.value, change.place
    if name not in ranges:
        allowed = ", ".join(f"'{covariate}'" for covariate in ranges) or "none"
        raise _refusal(place, "covariate", f"'{name}' is not a covariate. Allowed are: {allowed}")
    known = ranges[name]
    if known.flag and value not in (0.0, 1.0):
        detail = f"'{name}' is 0 or 1 on every day, not {value:g}"
        raise _refusal(place, "value", detail)
    if known.least <= value <= known.most:
        return []
    if known.flag:
        return [f"'{name}' was never {value:g} so far: its effect is not known and not forecast."]
    return [
        f"'{name}' was {known.least:g} to {known.most:g} so far, and not {value:g}: its effect is "
        "carried no farther than what was seen."
    ]


def _periods(change: Change, model: ServedModel) -> slice:
    """The periods of the horizon that contain a day of the change."""
    times = model.known_future.timestamps
    end = next_periods(times[-1], model.frequency, 1)[0]
    first = np.datetime64(change.first, "s")
    stop = np.datetime64(change.last, "s") + DAY
    if first < times[0] or stop > end:
        is_first = first < times[0] or first >= end
        field, day = ("from", change.first) if is_first else ("to", change.last)
        last = (end - np.timedelta64(1, "s")).astype("datetime64[D]")
        detail = f"'{day}' is outside the forecast, which goes from {str(times[0])[:10]} to {last}"
        error = FieldError(f"/changes/{change.place}/{field}", detail)
        raise OutsideHorizon(f"{detail}. Change days within it.", errors=(error,))
    start = int(np.searchsorted(times, first, side="right")) - 1
    return slice(start, int(np.searchsorted(times, stop, side="left")))


def _refusal(place: int, field: str, detail: str) -> InvalidRequest:
    pointer = f"/changes/{place}/{field}"
    return InvalidRequest(f"'{pointer}': {detail}.", errors=(FieldError(pointer, detail),))
