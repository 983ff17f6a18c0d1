"""Names as text: keys of series, forecast types, keys of predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from forecast_service.errors import InvalidRequest

__all__ = [
    "MEAN",
    "middle_type",
    "parse_forecast_type",
    "prediction_key",
    "series_key",
    "split_key",
]

MEAN = "mean"


def series_key(values: Sequence[str]) -> str:
    """Key of a series as compact JSON: ``["1"]``, or ``["milk","1"]`` with one dimension.

    ``values`` are the item, then the dimensions in the order of the schema.
    """
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def split_key(text: str) -> tuple[str, ...]:
    """The item and the dimensions in a key; the inverse of ``series_key``."""
    return tuple(json.loads(text))


def parse_forecast_type(text: str) -> float:
    """The quantile of a forecast type, in (0, 1): ``"0.1"`` and ``".1"`` are 0.1.

    Raises
    ------
    InvalidRequest
        The text is not a quantile; ``mean`` is not one either.
    """
    try:
        quantile = float(text)
    except ValueError:
        quantile = 0.0
    if not 0 < quantile < 1:
        raise InvalidRequest(
            f"Forecast type '{text}' is not a quantile. Use a number between 0 and 1, for example "
            "'0.5'."
        )
    return quantile


def prediction_key(forecast_type: str) -> str:
    """Key of a forecast type in Amazon's answers: ``p10`` for ``"0.1"``, ``mean`` for itself."""
    if forecast_type == MEAN:
        return MEAN
    return f"p{round(parse_forecast_type(forecast_type) * 100, 6):g}"


def middle_type(forecast_types: Sequence[str]) -> str:
    """The type that stands for a forecast in totals: the median, or the nearest type to it.

    Example
    -------
    >>> middle_type(["0.1", "0.5", "0.9"]), middle_type(["mean", "0.9"])
    ('0.5', 'mean')
    """

    def distance(forecast_type: str) -> float:
        return 0.25 if forecast_type == MEAN else abs(parse_forecast_type(forecast_type) - 0.5)

    return min(forecast_types, key=distance)
