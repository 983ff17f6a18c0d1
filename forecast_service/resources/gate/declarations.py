"""What every route needs of its caller; a route that does not say so prevents the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

from forecast_service.accounts.caller import Need

__all__ = ["Declaration", "Declarations", "declarations", "needs"]

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Declaration:
    """What one method of one route needs of its caller."""

    scope: Need
    is_page: bool = False
    """Whether a browser that must log in is sent to the log-in page instead of refused."""


Declarations = Mapping[tuple[str, str], Declaration]
"""By endpoint and method."""


def needs(scope: Need, *, is_page: bool = False) -> Callable[[View], View]:
    """Declare a view function; methods of resources are declared by ``documented``."""

    def declare(view: View) -> View:
        view.declaration = Declaration(scope, is_page)  # type: ignore[attr-defined]
        return view

    return declare


def declarations(app: Flask) -> Declarations:
    """What all routes of the app need.

    Raises
    ------
    TypeError
        A route declares nothing.
    """
    found = {
        (rule.endpoint, method): _declared(app.view_functions[rule.endpoint], method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS"}
    }
    silent = sorted(f"{method} {endpoint}" for (endpoint, method), d in found.items() if d is None)
    if silent:
        raise TypeError(f"These routes do not declare what they need: {', '.join(silent)}")
    return {key: declared for key, declared in found.items() if declared is not None}


def _declared(view: Any, method: str) -> Declaration | None:
    resource = getattr(view, "view_class", None)
    if resource is None:
        declared: Declaration | None = getattr(view, "declaration", None)
        return declared
    function = getattr(resource, method.lower(), None)
    if function is None and method == "HEAD":
        function = getattr(resource, "get", None)
    operation = getattr(function, "operation", None)
    return None if operation is None else Declaration(operation.scope)
