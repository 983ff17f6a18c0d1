"""Pydantic's findings in our own words: what is allowed, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["allowed", "sentence", "shown"]

SHOWN_CHARACTERS = 40

ALLOWED: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "literal_error": "{expected}",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "string_pattern_mismatch": "text of the form {pattern}",
}


def sentence(findings: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> str:
    """The end of a sentence about one value, for example ``is not allowed: send text, not 1``.

    Parameters
    ----------
    findings: pydantic's findings about the value, one per alternative of a union.
    names: the names that are allowed in this place, for an unknown name.
    """
    kind = findings[0]["type"]
    if kind == "missing":
        return "is missing and has to be sent"
    if kind == "extra_forbidden":
        quoted = ", ".join(f"'{name}'" for name in names)
        return f"is unknown; allowed are {quoted}" if names else "is unknown; leave it out"
    return f"is not allowed: {allowed(findings)}"


def allowed(findings: Sequence[Mapping[str, Any]]) -> str:
    """What may be sent instead of the value, for example ``send text, not 1``."""
    own = [f["msg"].removeprefix("Value error, ") for f in findings if f["type"] not in ALLOWED]
    if own:
        return "; or: ".join(dict.fromkeys(own))
    alternatives = dict.fromkeys(ALLOWED[f["type"]].format(**f.get("ctx", {})) for f in findings)
    value = _described(findings[0]["type"], findings[0]["input"])
    return f"send {' or '.join(alternatives)}, not {value}"


def shown(value: Any) -> str:
    """A value as JSON writes it, shortened if it is long."""
    words = {True: "true", False: "false", None: "null"}
    if value is None or isinstance(value, bool):
        return words[value]
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _described(kind: str, value: Any) -> str:
    if kind in {"too_short", "too_long"}:
        return str(len(value))
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return shown(value)
