"""The options of Prophet: growth, mode of the seasons, scales of the priors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast_service.errors import InvalidData

__all__ = ["ProphetOptions"]

_CHOICES = {
    "growth": ("linear", "flat", "logistic"),
    "seasonality_mode": ("additive", "multiplicative"),
}
_SCALES = ("changepoint_prior_scale", "seasonality_prior_scale", "holidays_prior_scale")
MOST_CHANGEPOINTS = 100
_NAMES = (*_CHOICES, "cap", "floor", *_SCALES, "n_changepoints", "changepoint_range")


@dataclass(frozen=True)
class ProphetOptions:
    """Names, meaning and defaults are those of the ``prophet`` package.

    ``seasonality_mode`` also applies to holidays and covariates. ``cap`` and ``floor`` are the
    limits of logistic growth, in units of the target, the same for all series and periods.
    """

    growth: str = "linear"
    seasonality_mode: str = "additive"
    cap: float | None = None
    floor: float | None = None
    changepoint_prior_scale: float = 0.05
    seasonality_prior_scale: float = 10.0
    holidays_prior_scale: float = 10.0
    n_changepoints: int = 25
    changepoint_range: float = 0.8

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> ProphetOptions:
        """The options from their texts; an option that is missing has its default.

        Raises
        ------
        InvalidData
            A name or a value is not allowed, or two values contradict each other.

        Example
        -------
        >>> ProphetOptions.parse({"growth": "flat", "n_changepoints": "10"}).n_changepoints
        10
        """
        unknown = sorted(set(texts) - set(_NAMES))
        if unknown:
            raise InvalidData(
                f"'{unknown[0]}' is not a training parameter of Prophet. "
                f"Allowed are {', '.join(_NAMES)}."
            )
        parsed: dict[str, Any] = {name: _parse(name, text) for name, text in texts.items()}
        options = cls(**parsed)
        _check_cap(options)
        _check_formulas(options)
        return options

    @property
    def is_multiplicative(self) -> bool:
        return self.seasonality_mode == "multiplicative"

    @property
    def is_regression(self) -> bool:
        """Whether the model is linear in its parameters."""
        return self.growth != "logistic" and not self.is_multiplicative

    @property
    def trend_changes(self) -> int:
        """Most trend changes of a series; with 0 changepoints, Prophet has one at the start."""
        return max(1, self.n_changepoints)


def _parse(name: str, text: str) -> str | float | int:
    if name in _CHOICES:
        if text not in _CHOICES[name]:
            raise _refusal(name, text, f"one of {', '.join(_CHOICES[name])}")
        return text
    if name == "n_changepoints":
        if not (text.isascii() and text.isdigit() and int(text) <= MOST_CHANGEPOINTS):
            raise _refusal(name, text, f"a whole number from 0 to {MOST_CHANGEPOINTS}")
        return int(text)
    number = _number(text)
    if name == "changepoint_range" and not 0 < number <= 1:
        raise _refusal(name, text, "a number above 0 and up to 1")
    if name in _SCALES and not number > 0:
        raise _refusal(name, text, "a number above 0")
    if math.isnan(number):
        raise _refusal(name, text, "a number in units of the target")
    return number


def _number(text: str) -> float:
    """The number, or NaN if the text is not a finite number."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _check_cap(options: ProphetOptions) -> None:
    """``cap`` and ``floor`` belong to logistic growth, which needs a ``cap``."""
    is_logistic = options.growth == "logistic"
    if is_logistic and options.cap is None:
        raise InvalidData(
            "'cap' is missing; 'growth' logistic needs it. "
            "Give the most that can be sold in a period."
        )
    for name in ("cap", "floor"):
        if getattr(options, name) is not None and not is_logistic:
            raise InvalidData(
                f"'{name}' is allowed only with 'growth' logistic, not with {options.growth}. "
                "Leave one of them out."
            )
    if options.cap is not None and options.cap <= (options.floor or 0.0):
        raise InvalidData(
            f"'cap' is {options.cap:g}; it must be above 'floor', {options.floor or 0.0:g}."
        )


def _check_formulas(options: ProphetOptions) -> None:
    """Refuse combinations that Prophet fits by one formula and forecasts by another."""
    if options.growth == "logistic" and options.n_changepoints == 0:
        raise InvalidData(
            "'n_changepoints' is 0; with 'growth' logistic it must be 1 or more, because Prophet "
            "fits this case by one formula and forecasts it by another."
        )
    if options.floor is not None and options.is_multiplicative:
        raise InvalidData(
            "'floor' cannot be combined with 'seasonality_mode' multiplicative, because Prophet "
            "fits this case by one formula and forecasts it by another. Leave one of them out."
        )


def _refusal(name: str, text: str, allowed: str) -> InvalidData:
    return InvalidData(f"'{name}' is '{text}'; it must be {allowed}.")
