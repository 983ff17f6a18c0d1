"""Transformations of related series: an operation on the rows that meet all conditions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.errors import InvalidData

__all__ = ["TIMESTAMP", "FutureRows", "transformed"]

Flags = npt.NDArray[np.bool_]

OPERATIONS: Mapping[str, Callable[[FloatArray, float], FloatArray]] = {
    "ADD": np.add,
    "SUBTRACT": np.subtract,
    "MULTIPLY": np.multiply,
    "DIVIDE": np.divide,
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "EQUALS": operator.eq,
    "NOT_EQUALS": operator.ne,
    "LESS_THAN": operator.lt,
    "GREATER_THAN": operator.gt,
}
TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class FutureRows:
    """What conditions are about: the series and the periods of a known future."""

    names: Sequence[str]
    """Fields that identify a series."""
    keys: Sequence[tuple[str, ...]]
    timestamps: npt.NDArray[np.datetime64]
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Item metadata: a text per series."""

    def texts(self, attribute: str) -> Sequence[str] | None:
        """The text of each series, of a field or of metadata in any case; None if unknown."""
        for place, name in enumerate(self.names):
            if name.lower() == attribute.lower():
                return [key[place] for key in self.keys]
        found = (of for name, of in self.attributes.items() if name.lower() == attribute.lower())
        return next(found, None)


def transformed(
    future: KnownFuture, rows: FutureRows, transformations: Sequence[Mapping[str, Any]]
) -> KnownFuture:
    """The known future after all transformations, in their order.

    Raises
    ------
    InvalidData
        An attribute does not exist in the data of the forecast.
    """
    covariates = dict(future.covariates)
    for transformation in transformations:
        action = transformation["Action"]
        name = _feature(covariates, action["AttributeName"])
        changed = OPERATIONS[action["Operation"]](covariates[name], action["Value"])
        conditions = transformation.get("TimeSeriesConditions", ())
        covariates[name] = np.where(_meeting(rows, conditions), changed, covariates[name])
    return KnownFuture(future.timestamps, covariates)


def _feature(covariates: Mapping[str, FloatArray], attribute: str) -> str:
    """The name of a related feature that is written in any case.

    Raises
    ------
    InvalidData
        The forecast does not know it.
    """
    for name in covariates:
        if name.lower() == attribute.lower():
            return name
    raise InvalidData(
        f"'{attribute}' is not known for the coming periods of this forecast. Known are: "
        f"{', '.join(covariates) or 'none'}. Use one of them."
    )


def _meeting(rows: FutureRows, conditions: Sequence[Mapping[str, str]]) -> Flags:
    """Where (n, horizon) all conditions hold."""
    met = np.ones((len(rows.keys), len(rows.timestamps)), dtype=np.bool_)
    for condition in conditions:
        met &= _holds(rows, condition)
    return met


def _holds(rows: FutureRows, condition: Mapping[str, str]) -> Flags:
    name, value = condition["AttributeName"], condition["AttributeValue"]
    compare = COMPARISONS[condition["Condition"]]
    if name.lower() == TIMESTAMP:
        times: Flags = compare(rows.timestamps, np.datetime64(value.replace(" ", "T"), "s"))
        return times[None, :]
    texts = rows.texts(name)
    if texts is None:
        raise InvalidData(
            f"'{name}' is neither a field that identifies a series nor item metadata of this "
            "forecast. Use one of these, or 'timestamp'."
        )
    held = [bool(compare(*_comparable(text, value))) for text in texts]
    return np.array(held, dtype=np.bool_)[:, None]


def _comparable(text: str, value: str) -> tuple[Any, Any]:
    """Both as numbers if both are, else as texts."""
    try:
        return float(text), float(value)
    except ValueError:
        return text, value
