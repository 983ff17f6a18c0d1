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
    """Newest periods that are sampled; all of them when None."""
    kernel_type: str = "exponential"
    exp_kernel_weights: float = 0.01
    """Decay per period of the exponential kernel."""
    use_seasonal_model: bool = True
    use_default_time_features: bool = True

    @property
    def decay(self) -> float:
        """Of the weight of an observation per period; 0 for the uniform kernel."""
        return self.exp_kernel_weights if self.kernel_type == "exponential" else 0.0

    @property
    def is_seasonal(self) -> bool:
        """Without the features of the calendar there is nothing that tells a season."""
        return self.use_seasonal_model and self.use_default_time_features

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> NptsOptions:
        """The options that texts name; those that are not named have their default.

        Raises
        ------
        InvalidData
            A name is none of these, or a text is not among what is allowed.
        """
        unknown = sorted(set(texts) - set(_PARSERS))
        if unknown:
            raise InvalidData(
                f"'{unknown[0]}' is no training parameter of NPTS. "
                f"Allowed are: {', '.join(_PARSERS)}."
            )
        options = cls(**{name: _parsed(name, text) for name, text in texts.items()})
        if "exp_kernel_weights" in texts and options.kernel_type != "exponential":
            raise InvalidData(
                f"'exp_kernel_weights' goes with the kernel_type 'exponential' only, and it is "
                f"'{options.kernel_type}'. Leave one of them out."
            )
        return options

    def texts(self) -> dict[str, str]:
        """The inverse of ``parse``, every parameter named that has a value."""
        named = {name: getattr(self, name) for name in _PARSERS}
        if self.kernel_type != "exponential":
            del named["exp_kernel_weights"]
        return {name: str(value) for name, value in named.items() if value is not None}


def _parsed(name: str, text: str) -> Any:
    parse, allowed = _PARSERS[name]
    try:
        return parse(text)
    except (KeyError, ValueError) as error:
        raise InvalidData(
            f"'{name}' is '{text}'; it must be {allowed}. Leave it out for its default."
        ) from error


def _whole(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _positive(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(text)
    return value


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _kernel(text: str) -> str:
    return {"exponential": "exponential", "uniform": "uniform"}[text]


_PARSERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "context_length": (_whole, "a positive whole number"),
    "kernel_type": (_kernel, "'exponential' or 'uniform'"),
    "exp_kernel_weights": (_positive, "a positive number"),
    "use_seasonal_model": (_truth, "'True' or 'False'"),
    "use_default_time_features": (_truth, "'True' or 'False'"),
}
