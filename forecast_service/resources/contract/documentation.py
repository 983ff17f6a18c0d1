"""``documented``: describes a method of a resource for ``/openapi.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from forecast_service.accounts.caller import Need
from forecast_service.errors import ForecastServiceError

__all__ = ["Operation", "Refusal", "documented"]

Method = TypeVar("Method", bound=Callable[..., Any])
Refusal = int | type[ForecastServiceError]
"""A kind of error, or a status: every kind of error with this status."""


@dataclass(frozen=True)
class Operation:
    """One method of one route. The docstring of the method is its description."""

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
    headers: tuple[str, ...] = ()
    """Headers of an answer with 200 that neither status nor media types tell."""
    errors: tuple[Refusal, ...] = ()
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """JSON bodies, or queries of a method without a body, by what they ask in words.

    The first one is filled in at ``/docs``. The tests send all of them.
    """
    answer_examples: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of the example of an answer that differ from the examples of the model, by status."""


def documented(summary: str, *, scope: Need, **parts: Any) -> Callable[[Method], Method]:
    """Describe a method and declare its scope; ``parts`` are other fields of ``Operation``."""
    operation = Operation(summary, scope, **parts)

    def describe(method: Method) -> Method:
        method.operation = operation  # type: ignore[attr-defined]
        return method

    return describe
