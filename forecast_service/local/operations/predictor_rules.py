"""The rules for requests of predictors that can be checked without reading the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forecast_service.common.countries import COUNTRIES
from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE, Call, require_active
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InUse, InvalidInput
from forecast_service.local.files.domains import RELATED, TARGET, Fields, fields
from forecast_service.local.kinds import DATASET_GROUP
from forecast_service.local.operations.dataset_groups import datasets_of
from forecast_service.local.operations.datasets import frequency_of
from forecast_service.local.operations.filling_rules import check_filling

__all__ = [
    "MAX_HORIZON",
    "Basis",
    "PredictorRequest",
    "check_forecast_types",
    "check_request",
]

MAX_HORIZON = 500
MAX_FORECAST_TYPES = 5


@dataclass(frozen=True)
class PredictorRequest:
    """The request of a predictor, in one form for legacy and auto predictors."""

    dataset_group_arn: str
    horizon: int
    frequency: str
    forecast_types: Sequence[str]
    dimensions: Sequence[str]
    fillings: Sequence[tuple[str, Mapping[str, str]]]
    """Each attribute with its filling parameters."""
    additional: Sequence[tuple[str, Sequence[str]]]
    """``holiday`` or ``weather``, with the country codes."""


@dataclass(frozen=True)
class Basis:
    """The data that a predictor is trained on."""

    group: Resource
    target: str
    """Name of the target field."""
    keys: tuple[str, ...]
    """Fields that identify a series: the item, then the forecast dimensions in schema order."""


def check_request(call: Call, request: PredictorRequest) -> Basis:
    """Check the request of a predictor and return the data to train on.

    Raises
    ------
    DoesNotExist, InUse, InvalidInput
        The group or its data do not exist or are not ready, or a parameter is not allowed.
    """
    group = require_active(call, DATASET_GROUP, request.dataset_group_arn)
    datasets = datasets_of(call, group)
    _check_data(call, group, datasets)
    target = fields(datasets[TARGET].request)
    related = fields(datasets[RELATED].request) if RELATED in datasets else None
    if not 1 <= request.horizon <= MAX_HORIZON:
        raise InvalidInput(
            f"ForecastHorizon is {request.horizon}; it must be between 1 and {MAX_HORIZON} periods."
        )
    check_forecast_types(request.forecast_types)
    _check_dimensions(request.dimensions, target, related)
    _check_frequency(request.frequency, datasets)
    _check_fillings(request.fillings, target, related)
    _check_additional(request.additional)
    used = (name for name in target.dimensions if name in request.dimensions)
    return Basis(group, str(target.target), (target.item, *used))


def check_forecast_types(types: Sequence[str]) -> None:
    """Refuse more than five types, a quantile outside 0.01 to 0.99, and repeated types.

    Raises
    ------
    InvalidInput
        The message names the type.
    """
    if len(types) > MAX_FORECAST_TYPES:
        raise InvalidInput(
            f"ForecastTypes has {len(types)} entries; at most {MAX_FORECAST_TYPES} are allowed."
        )
    numbers = [text if text == "mean" else float(text) for text in types]
    for text, number in zip(types, numbers, strict=True):
        if number == 0:
            raise InvalidInput(f"Forecast type '{text}' must be between 0.01 and 0.99, or 'mean'.")
        if numbers.count(number) > 1:
            raise InvalidInput(f"Forecast type '{text}' is given twice. Give each one once.")


def _check_data(call: Call, group: Resource, datasets: Mapping[str, Resource]) -> None:
    if TARGET not in datasets:
        raise InvalidInput(
            f"The dataset group '{group.arn}' has no {TARGET} dataset. Add one with "
            "UpdateDatasetGroup."
        )
    for dataset in datasets.values():
        statuses = [job.status for job in catalog.children(call.connection, dataset.arn)]
        if ACTIVE in statuses:
            continue
        if {"CREATE_PENDING", "CREATE_IN_PROGRESS"} & set(statuses):
            raise InUse(
                f"The dataset '{dataset.arn}' is being imported for the first time. "
                "Wait until its import job is ACTIVE."
            )
        raise InvalidInput(
            f"The dataset '{dataset.arn}' has no data. Import some with CreateDatasetImportJob, or "
            "take it out of the dataset group."
        )


def _check_dimensions(dimensions: Sequence[str], target: Fields, related: Fields | None) -> None:
    twice = [name for name, count in Counter(dimensions).items() if count > 1]
    if twice:
        raise InvalidInput(f"Forecast dimension '{twice[0]}' is given twice. Give each one once.")
    unknown = [name for name in dimensions if name not in target.dimensions]
    if unknown:
        allowed = ", ".join(target.dimensions) or "none, as the schema has only the required fields"
        raise InvalidInput(
            f"Forecast dimension '{unknown[0]}' is not a dimension of the {TARGET} dataset. "
            f"Allowed are: {allowed}."
        )
    textual = [name for name in related.dimensions if name not in dimensions] if related else []
    if textual:
        raise InvalidInput(
            f"The attribute(s) [{', '.join(textual)}] present in the {RELATED} schema should be of "
            "numeric type such as `integer` or `float`, or be added as a forecast dimension"
        )


def _check_frequency(code: str, datasets: Mapping[str, Resource]) -> None:
    forecast = frequency_of(code, "ForecastFrequency")
    data = datasets[TARGET].request.get("DataFrequency")
    if data is not None and forecast.seconds < frequency_of(data, "DataFrequency").seconds:
        raise InvalidInput(
            f"ForecastFrequency '{code}' is finer than '{data}', the frequency of the {TARGET} "
            f"dataset. Use '{data}' or a coarser one."
        )
    if RELATED in datasets:
        related = datasets[RELATED].request["DataFrequency"]
        if frequency_of(related, "DataFrequency") != forecast:
            raise InvalidInput(
                f"ForecastFrequency '{code}' differs from '{related}', the frequency of the "
                f"{RELATED} dataset, which is never aggregated. Use '{related}', or take that "
                "dataset out of the dataset group."
            )


def _check_fillings(
    fillings: Sequence[tuple[str, Mapping[str, str]]], target: Fields, related: Fields | None
) -> None:
    features = related.features if related else ()
    allowed = (str(target.target), *features)
    counts = Counter(attribute for attribute, _ in fillings)
    for attribute, methods in fillings:
        if attribute not in allowed:
            raise InvalidInput(
                f"'{attribute}' cannot be filled: it is neither the target nor a numeric field of "
                f"the {RELATED} dataset. Allowed are: {', '.join(allowed)}."
            )
        if counts[attribute] > 1:
            raise InvalidInput(f"'{attribute}' is configured twice. Configure each field once.")
        check_filling(attribute, methods, is_target=attribute == target.target)


def _check_additional(additional: Sequence[tuple[str, Sequence[str]]]) -> None:
    for name, countries in additional:
        if name == "weather":
            raise InvalidInput(
                "'weather' is not available in this local Amazon Forecast, which has no weather "
                "data. Leave it out, or import weather as related time series."
            )
        if name != "holiday":
            raise InvalidInput(
                f"'{name}' is not an additional dataset. Allowed are: holiday, weather."
            )
        if len(countries) != 1 or countries[0] not in COUNTRIES:
            raise InvalidInput(
                f"'holiday' has country {', '.join(countries) or 'none'}. Give exactly one of: "
                f"{', '.join(COUNTRIES)}."
            )
    if len(additional) > 1:
        raise InvalidInput("'holiday' is given twice. Give it once, with one country.")
