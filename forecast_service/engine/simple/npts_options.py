"""The hyperparameters of NPTS, under Amazon's names."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forecast_service.errors import InvalidData

__all__ = ["NptsOptions"]


@dataclass(frozen=True)
class NptsOptions:
    """Source: Amazon Forecast developer guide, "NPTS Hyperparameters"."""

    context_length: int | None = None
    """The number of newest periods to sample; None samples all."""
    kernel_type: str = "exponential"
    exp_kernel_weights: float = 0.01
    """Decay per period of the exponential kernel."""
    use_seasonal_model: bool = True
    use_default_time_features: bool = True

    @property
    def decay(self) -> float:
        """Decay of the weight of an observation per period; 0 for the uniform kernel."""
        return self.exp_kernel_weights if self.kernel_type == "exponential" else 0.0

    @property
    def is_seasonal(self) -> bool:
        """Whether seasons are used; that needs the calendar features, too."""
        return self.use_seasonal_model and self.use_default_time_features

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> NptsOptions:
        """The options from their texts; an option that is missing has its default.

        Raises
        ------
        InvalidData
            A name or a value is not allowed, or two values contradict each other.
        """
        unknown = sorted(set(texts) - set(_PARSERS))
        if unknown:
            raise InvalidData(
                f"'{unknown[0]}' is not a training parameter of NPTS. "
                f"Allowed are: {', '.join(_PARSERS)}."
            )
        options = cls(**{name: _parse(name, text) for name, text in texts.items()})
        if "exp_kernel_weights" in texts and options.kernel_type != "exponential":
            raise InvalidData(
                "'exp_kernel_weights' is allowed only with kernel_type 'exponential', not with "
                f"'{options.kernel_type}'. Leave one of them out."
            )
        return options

    def texts(self) -> dict[str, str]:
        """The inverse of ``parse``: every parameter that has a value."""
        named = {name: getattr(self, name) for name in _PARSERS}
        if self.kernel_type != "exponential":
            del named["exp_kernel_weights"]
        return {name: str(value) for name, value in named.items() if value is not None}


def _parse(name: str, text: str) -> Any:
    parse, allowed = _PARSERS[name]
    try:
        return parse(text)
    except (KeyError, ValueError) as error:
        raise InvalidData(
            f"'{name}' is '{text}'; it must be {allowed}. Leave it out for its default."
        ) from error


def _whole_number(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _positive_number(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _kernel(text: str) -> str:
    return {"exponential": "exponential", "uniform": "uniform"}[text]


_PARSERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "context_length": (_whole_number, "a positive whole number"),
    "kernel_type": (_kernel, "'exponential' or 'uniform'"),
    "exp_kernel_weights": (_positive_number, "a positive number"),
    "use_seasonal_model": (_boolean, "'True' or 'False'"),
    "use_default_time_features": (_boolean, "'True' or 'False'"),
}
