"""What a method of a resource takes and gives, written beside it and read by ``/openapi.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

__all__ = ["Operation", "documented"]

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """One method of one route."""

    summary: str
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    """Model of a JSON body."""
    body_types: tuple[str, ...] = ()
    """Media types of a body that is a file."""
    answers: Mapping[int, str | None] = field(default_factory=dict)
    """Status to the name of the JSON answer's model; None for another answer or none."""
    other_types: tuple[str, ...] = ()
    """Media types of answers beside JSON."""
    errors: tuple[int, ...] = ()


def documented(summary: str, **parts: Any) -> Callable[[Method], Method]:
    """Describe a method; ``parts`` are the fields of ``Operation``."""
    operation = Operation(summary, **parts)

    def describe(method: Method) -> Method:
        method.operation = operation  # type: ignore[attr-defined]
        return method

    return describe
