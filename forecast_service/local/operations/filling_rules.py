"""The rules for filling missing values and aggregating rows, checked at creation."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.local.errors import InvalidInput

__all__ = ["TARGET_DEFAULTS", "check_filling"]

STATISTICS = ("zero", "value", "median", "mean", "min", "max")
TARGET_RULES = {
    "aggregation": ("sum", "avg", "first", "min", "max"),
    "frontfill": ("none",),
    "middlefill": ("nan", *STATISTICS),
    "backfill": ("nan", *STATISTICS),
}
RELATED_RULES = {
    "middlefill": STATISTICS,
    "backfill": STATISTICS,
    "futurefill": STATISTICS,
}
TARGET_DEFAULTS = {
    "aggregation": "sum",
    "frontfill": "none",
    "middlefill": "zero",
    "backfill": "zero",
}
VALUE_SUFFIX = "_value"


def check_filling(attribute: str, methods: Mapping[str, str], *, is_target: bool) -> None:
    """Refuse filling parameters of an attribute that are not allowed.

    Raises
    ------
    InvalidInput
        A parameter or method is unknown, or ``value`` has no number.
    """
    rules = TARGET_RULES if is_target else RELATED_RULES
    for name, method in methods.items():
        fill = name.removesuffix(VALUE_SUFFIX)
        if fill not in rules:
            raise InvalidInput(
                f"'{name}' is not a filling parameter of '{attribute}'. Allowed are: "
                f"{', '.join(rules)}."
            )
        if fill != name:
            _check_number(attribute, name, method, methods.get(fill))
        elif method not in rules[fill]:
            raise InvalidInput(
                f"'{name}' of '{attribute}' is '{method}'. Allowed are: {', '.join(rules[fill])}."
            )
        elif method == "value" and f"{fill}{VALUE_SUFFIX}" not in methods:
            raise InvalidInput(
                f"'{name}' of '{attribute}' is 'value', so '{name}{VALUE_SUFFIX}' must be given."
            )


def _check_number(attribute: str, name: str, text: str, method: str | None) -> None:
    if method != "value":
        fill = name.removesuffix(VALUE_SUFFIX)
        raise InvalidInput(
            f"'{name}' of '{attribute}' is allowed only with '{fill}': 'value'. Leave it out."
        )
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        raise InvalidInput(f"'{name}' of '{attribute}' is '{text}', which is not a number.")
