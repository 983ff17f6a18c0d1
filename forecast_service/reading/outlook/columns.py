"""Columns: arrays as lists of JSON, with all digits or with those that mean something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.common.rounding import decimals_of
from forecast_service.reading.outlook.timeline import Floats

__all__ = ["numbers", "rounded"]

NOT_IN_UNITS = ("covariates", "plan", "provenance", "coverage")
NOT_FORECAST = ("date", "closed", "covariates", "last_year", "parts")
SHARE, SHARE_DECIMALS = "share", 3


def numbers(values: Floats) -> list[float | None]:
    """The values as JSON, None for NaN."""
    return [None if value != value else value for value in values.tolist()]


def rounded(document: Mapping[str, Any]) -> dict[str, Any]:
    """An outlook whose numbers in units have as many decimals as its forecast needs."""
    forecast = document["forecast"]
    values = (values for name, values in forecast.items() if name not in NOT_FORECAST)
    decimals = decimals_of(value for column in values for value in column if value is not None)
    return {name: _rounded(part, decimals, name) for name, part in document.items()}


def _rounded(value: Any, decimals: int, name: str) -> Any:
    if isinstance(value, float):
        decimals = SHARE_DECIMALS if name == SHARE else decimals
        return round(value, decimals) if decimals else round(value)
    if name in NOT_IN_UNITS:
        return _whole(value)
    if isinstance(value, Mapping):
        return {key: _rounded(part, decimals, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part, decimals, name) for part in value]
    return value


def _whole(value: Any) -> Any:
    """Values of covariates with all digits, 1 in place of 1.0."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _whole(part) for key, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value
