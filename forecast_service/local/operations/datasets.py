"""Datasets: their schema and frequency."""

from __future__ import annotations

from typing import Any

from forecast_service.engine.periods.frequency import Frequency, parse_frequency
from forecast_service.errors import InvalidData
from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params, create
from forecast_service.local.errors import InvalidInput
from forecast_service.local.files.domains import RELATED, check_schema
from forecast_service.local.kinds import DATASET

__all__ = ["create_dataset", "frequency_of"]


def create_dataset(call: Call, params: Params) -> dict[str, Any]:
    """CreateDataset: the dataset is empty and ACTIVE at once."""
    schema = params["Schema"]
    check_schema(params["Domain"], params["DatasetType"], schema.get("Attributes", ()))
    if "DataFrequency" in params:
        frequency_of(params["DataFrequency"], "DataFrequency")
    elif params["DatasetType"] == RELATED:
        raise InvalidInput(
            f"A {RELATED} dataset needs 'DataFrequency'. Give that of its rows, such as 'D'."
        )
    arn = arn_of(call.settings, DATASET.word, params["DatasetName"])
    return create(call, DATASET, params, arn=arn)


def frequency_of(code: str, member: str) -> Frequency:
    """The frequency with this code.

    Raises
    ------
    InvalidInput
        The code is unknown; the message lists the allowed ones.
    """
    try:
        frequency = parse_frequency(code)
    except InvalidData as error:
        raise InvalidInput(f"'{member}': {error.detail}") from error
    if "-" in code:  # only the engine has these codes
        raise InvalidInput(
            f"'{member}': '{code}' is not a frequency. Use 'W', and give the day on which weeks "
            "begin as TimeAlignmentBoundary of an auto predictor."
        )
    return frequency
