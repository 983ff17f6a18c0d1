"""Amazon's deep networks: their training parameters, and what stands in for them."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.local.arns import algorithm_arn
from forecast_service.local.errors import InvalidInput

__all__ = ["CLOSED", "SUBSTITUTED", "closed_parameters", "is_closed"]

CLOSED = ("CNN-QR", "Deep_AR_Plus")
SUBSTITUTED = (
    "{name} is a deep network of Amazon, which this local Amazon Forecast cannot train. It trains "
    "its best model under this name instead, a weighted average of several algorithms: "
    "FORECAST_CLOSED_ALGORITHMS is 'substitute'. Training parameters have no effect, and nothing "
    "is tuned."
)
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "CNN-QR": {"epochs": "100", "use_item_metadata": "ALL", "use_related_data": "ALL"},
    "Deep_AR_Plus": {
        "epochs": "500",
        "learning_rate": "1E-3",
        "learning_rate_decay": "0.5",
        "likelihood": "student-t",
        "max_learning_rate_decays": "0",
        "num_averaged_models": "1",
        "num_cells": "40",
        "num_layers": "2",
    },
}
CONTEXT = {"CNN-QR": 4, "Deep_AR_Plus": 2}  # horizons


def is_closed(arn: str | None) -> bool:
    """Whether an algorithm is one of Amazon's deep networks."""
    return arn in [algorithm_arn(name) for name in CLOSED]


def closed_parameters(arn: str, horizon: int, parameters: Mapping[str, str]) -> dict[str, str]:
    """The training parameters with Amazon's defaults; they have no effect.

    Raises
    ------
    InvalidInput
        A parameter does not belong to the algorithm.
    """
    name = arn.rsplit("/", 1)[1]
    defaults = {
        "context_length": str(CONTEXT[name] * horizon),
        **DEFAULTS[name],
        "prediction_length": str(horizon),
    }
    unknown = sorted(set(parameters) - set(defaults))
    if unknown:
        raise InvalidInput(
            f"'{unknown[0]}' is not a training parameter of {name}. Allowed are: "
            f"{', '.join(sorted(defaults))}."
        )
    return {**defaults, **parameters}
