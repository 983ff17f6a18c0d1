"""The rules for the assumption of a what-if forecast that need no data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from forecast_service.local.calls import Params
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InvalidInput
from forecast_service.local.files.domains import METADATA, RELATED, TIMESTAMP, fields
from forecast_service.local.files.schema import schema_of
from forecast_service.local.operations.import_jobs import DATE_AND_TIME, DATE_ONLY
from forecast_service.local.operations.time_series_selectors import check_key_schema

__all__ = ["check_assumption"]

CHANGES, REPLACEMENT = "TimeSeriesTransformations", "TimeSeriesReplacementsDataSource"


def check_assumption(
    params: Params, names: Sequence[str], datasets: Mapping[str, Resource]
) -> None:
    """Check transformations or replacement data against the datasets of the group, by type.

    ``names`` are the fields that identify a series.

    Raises
    ------
    InvalidInput
        The message names the attribute.
    """
    if CHANGES in params and REPLACEMENT in params:
        raise InvalidInput(f"'{CHANGES}' and '{REPLACEMENT}' exclude each other. Give one of them.")
    features = list(fields(datasets[RELATED].request).features) if RELATED in datasets else []
    texts = schema_of(datasets[METADATA]).texts if METADATA in datasets else ()
    subjects = list(dict.fromkeys((*names, *texts)))
    for transformation in params.get(CHANGES, ()):
        _check_transformation(transformation, features, subjects)
    if REPLACEMENT in params:
        _check_replacement(params[REPLACEMENT], names, features)


def _check_transformation(
    transformation: Mapping[str, Any], features: Sequence[str], subjects: Sequence[str]
) -> None:
    action = transformation.get("Action")
    if action is None:
        raise InvalidInput(
            "A transformation has no Action. Give one, such as "
            "{'AttributeName': 'price', 'Operation': 'MULTIPLY', 'Value': 0.9}."
        )
    _require_feature(action["AttributeName"], features)
    if not math.isfinite(action["Value"]):
        raise InvalidInput(f"Value {action['Value']} is not a finite number.")
    if action["Operation"] == "DIVIDE" and action["Value"] == 0:
        raise InvalidInput(
            f"'{action['AttributeName']}' cannot be divided by 0. Use another Value."
        )
    for condition in transformation.get("TimeSeriesConditions", ()):
        _check_condition(condition, subjects)


def _require_feature(name: str, features: Sequence[str]) -> None:
    if name.lower() not in [feature.lower() for feature in features]:
        raise InvalidInput(
            f"'{name}' is not a feature of the {RELATED} dataset. Allowed are: "
            f"{', '.join(features) or 'none, as the dataset group has no such dataset'}."
        )


def _check_condition(condition: Mapping[str, str], subjects: Sequence[str]) -> None:
    name, value = condition["AttributeName"], condition["AttributeValue"]
    if name.lower() not in [subject.lower() for subject in (*subjects, TIMESTAMP)]:
        raise InvalidInput(
            f"A condition cannot be about '{name}'. Allowed are: "
            f"{', '.join((*subjects, TIMESTAMP))}."
        )
    if name.lower() != TIMESTAMP:
        return
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(
            f"The condition on {TIMESTAMP} has the value '{value}', which is not a time. Write it "
            "as yyyy-MM-dd HH:mm:ss."
        ) from error


def _check_replacement(
    source: Mapping[str, Any], names: Sequence[str], features: Sequence[str]
) -> None:
    types = check_key_schema(source["Schema"], names, REPLACEMENT)
    if types.get(TIMESTAMP) != TIMESTAMP:
        raise InvalidInput(
            f"Attribute '{TIMESTAMP}' is missing in the schema of {REPLACEMENT}. Add it with type "
            f"'{TIMESTAMP}'."
        )
    values = [name for name in types if name not in (*names, TIMESTAMP)]
    if not values:
        raise InvalidInput(
            f"The schema of {REPLACEMENT} replaces nothing. Add a feature of the {RELATED} "
            f"dataset: {', '.join(features) or 'there is none'}."
        )
    for name in values:
        _require_feature(name, features)
        if types[name] not in ("integer", "float"):
            raise InvalidInput(
                f"Attribute '{name}' has type '{types[name]}' in the schema of {REPLACEMENT}. "
                "Give it 'integer' or 'float'."
            )
    time_format = source.get("TimestampFormat", DATE_AND_TIME[0])
    if time_format not in (*DATE_ONLY, *DATE_AND_TIME):
        raise InvalidInput(
            f"TimestampFormat '{time_format}' of {REPLACEMENT} is not understood. Allowed are: "
            f"{', '.join((*DATE_ONLY, *DATE_AND_TIME))}."
        )
