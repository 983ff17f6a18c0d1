"""``documented``: describes a method of a resource for ``/openapi.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from forecast_service.accounts.caller import Need

__all__ = ["Operation", "documented"]

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """One method of one route."""

    summary: str
    scope: Need
    """What the caller needs: a scope, ``KNOWN`` or ``PUBLIC``."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    """Model of a JSON body."""
    body_types: tuple[str, ...] = ()
    """Media types of a body that is a file."""
    answers: Mapping[int, str | None] = field(default_factory=dict)
    """Name of the JSON answer's model, by status; None for an answer without JSON."""
    other_types: tuple[str, ...] = ()
    """Media types of answers besides JSON."""
    errors: tuple[int, ...] = ()


def documented(summary: str, *, scope: Need, **parts: Any) -> Callable[[Method], Method]:
    """Describe a method and declare its scope; ``parts`` are other fields of ``Operation``."""
    operation = Operation(summary, scope, **parts)

    def describe(method: Method) -> Method:
        method.operation = operation  # type: ignore[attr-defined]
        return method

    return describe
