"""The limits that boto3 does not check: maximums, patterns and enumerations of the model."""

from __future__ import annotations

import functools
import re
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from forecast_service.local.errors import Invalid
from forecast_service.local.shapes import Shape

__all__ = ["check_limits"]

# The model gives these members the pattern of a forecast ARN, but they hold a role or a status.
FREE_MEMBERS = {("S3Config", "RoleArn"), ("EncryptionConfig", "RoleArn"), ("Filter", "Value")}
FREE_SHAPES = {"Frequency"}  # the pattern lists only five codes; calendar.py checks all
JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": " \u00a0\u2000-\u200a\u3000"}

NO_TEXT = re.compile("[\x00\ud800-\udfff]")

SHOWN = reprlib.Repr()
SHOWN.maxstring = SHOWN.maxother = 200


def check_limits(params: Mapping[str, Any], shape: Shape) -> None:
    """Refuse values that break a maximum, a pattern or an enumeration.

    Raises
    ------
    Invalid
        One message with every finding, in Amazon's words.
    """
    findings = list(_member_findings(params, shape, ""))
    if findings:
        noun = "error" if len(findings) == 1 else "errors"
        raise Invalid(f"{len(findings)} validation {noun} detected: {'; '.join(findings)}")


def _findings(value: Any, shape: Shape, path: str, *, free: bool = False) -> Iterator[str]:
    yield from (
        f"Value {_quote(value)} at '{path}' failed to satisfy constraint: {constraint}"
        for constraint in _broken_constraints(value, shape, free)
    )
    if shape.type_name == "structure":
        yield from _member_findings(value, shape, path)
    elif shape.type_name == "list":
        for number, entry in enumerate(value, start=1):
            yield from _findings(entry, shape.member, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, entry in value.items():
            yield from _findings(key, shape.key, f"{path}.key")
            yield from _findings(entry, shape.value, f"{path}.{key}.value")


def _member_findings(value: Mapping[str, Any], shape: Shape, path: str) -> Iterator[str]:
    for name, entry in value.items():
        free = (shape.name, name) in FREE_MEMBERS
        member_path = f"{path}.{_camel(name)}".lstrip(".")
        yield from _findings(entry, shape.members[name], member_path, free=free)


def _broken_constraints(value: Any, shape: Shape, free: bool) -> Iterator[str]:
    if _has_wrong_type(value, shape):
        yield f"Member must be {'text' if isinstance(value, str) else 'a number'}"
        return
    limits = shape.metadata
    if "max" in limits and _size(value) > limits["max"]:
        what = "value" if isinstance(value, int) else "length"
        yield f"Member must have {what} less than or equal to {limits['max']}"
    if limits.get("enum") and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    has_pattern = "pattern" in limits and not free and shape.name not in FREE_SHAPES
    if has_pattern and not _pattern(limits["pattern"]).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"


def _has_wrong_type(value: Any, shape: Shape) -> bool:
    """Whether text has characters that no database stores, or a boolean stands for a number."""
    if isinstance(value, str):
        return NO_TEXT.search(value) is not None
    return isinstance(value, bool) and shape.type_name != "boolean"


def _size(value: Any) -> int:
    return value if isinstance(value, int) else len(value)


@functools.cache
def _pattern(java: str) -> re.Pattern[str]:
    for java_class, python_class in JAVA_CLASSES.items():
        java = java.replace(java_class, python_class)
    return re.compile(java)


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _quote(value: Any) -> str:
    return SHOWN.repr(value) if isinstance(value, str) else f"'{SHOWN.repr(value)}'"
