"""Walks the document: its operations, and the schema of every field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["WITH_PROVIDER", "Documented", "fields_of", "operations", "resolved"]

WITH_PROVIDER = {"GET /session/oidc", "GET /session/oidc/callback"}
"""They need an identity provider: tests/resources/accounts/test_oidc.py sends them."""
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Documented:
    """One operation with everything that the document says about it."""

    method: str
    path: str
    operation: dict[str, Any]
    parameters: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(document: dict[str, Any]) -> list[Documented]:
    """Every operation; its parameters include those of its path."""
    return [
        Documented(
            method,
            path,
            item[method],
            [*item.get("parameters", []), *item[method].get("parameters", [])],
        )
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """The part that a reference names, or the part itself."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def fields_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every body and answer, as ``Model.field`` with its schema."""
    for name, schema in document["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            yield f"{name}.{field}", part
