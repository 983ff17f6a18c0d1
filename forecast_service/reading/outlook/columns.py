"""Columns: arrays as lists of JSON, with all digits or with those that mean something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forecast_service.common.rounding import decimals_of
from forecast_service.reading.outlook.timeline import Floats

__all__ = ["numbers", "rounded"]

COVARIATES = ("covariates", "plan", "provenance", "coverage")  # members that are not in units


def numbers(values: Floats) -> list[float | None]:
    """The values as JSON, None for NaN."""
    return [None if value != value else value for value in values.tolist()]


def rounded(document: Mapping[str, Any]) -> dict[str, Any]:
    """An outlook whose numbers in units have as many decimals as its largest sale needs."""
    units = {name: part for name, part in document.items() if name not in COVARIATES}
    decimals = decimals_of(_in_units(units["forecast"]))
    return {name: _rounded(part, decimals, name) for name, part in document.items()}


def _in_units(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, Mapping):
        yield from _all(part for name, part in value.items() if name not in COVARIATES)
    elif isinstance(value, list):
        yield from _all(value)


def _all(values: Iterable[Any]) -> Iterator[float]:
    for value in values:
        yield from _in_units(value)


def _rounded(value: Any, decimals: int, name: str) -> Any:
    if isinstance(value, float):
        return round(value, decimals) if decimals else round(value)
    if name in COVARIATES:
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
