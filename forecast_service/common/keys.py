"""Text names used across the service: keys of series, forecast types, keys of predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from forecast_service.errors import InvalidRequest

__all__ = ["MEAN", "parse_forecast_type", "prediction_key", "series_key", "split_key"]

MEAN = "mean"


def series_key(values: Sequence[str]) -> str:
    """Key of a series as compact JSON: ``["1"]``, or ``["milk","1"]`` with one dimension.

    ``values`` are the item and then the dimensions, in the order of the schema.
    """
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def split_key(text: str) -> tuple[str, ...]:
    """The item and dimensions of a key; the inverse of ``series_key``."""
    return tuple(json.loads(text))


def parse_forecast_type(text: str) -> float:
    """The quantile of a forecast type, in (0, 1): ``"0.1"`` and ``".1"`` are 0.1.

    Raises
    ------
    InvalidRequest
        The text is no quantile; ``mean`` is none either.
    """
    try:
        quantile = float(text)
    except ValueError:
        quantile = 0.0
    if not 0 < quantile < 1:
        raise InvalidRequest(
            f"Forecast type '{text}' is no quantile. Use a number between 0 and 1, such as '0.5'."
        )
    return quantile


def prediction_key(forecast_type: str) -> str:
    """Key of a forecast type in Amazon's answer: ``"0.1"`` is ``p10``, ``mean`` stays."""
    if forecast_type == MEAN:
        return MEAN
    return f"p{round(parse_forecast_type(forecast_type) * 100, 6):g}"
