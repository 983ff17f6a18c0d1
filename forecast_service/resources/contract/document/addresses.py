"""What stands in the address of a route: names in its path, and the group of its first part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["GROUPS", "PARAMETER", "PATH_PARAMETERS", "group_of", "path_parameters"]

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")

PATH_PARAMETERS: Mapping[str, tuple[str, str]] = {
    "store_number": ("Name of a store, as in GET /stores.", "1"),
    "run_id": ("Identifier of a training run, as in GET /training.", "3f0c9a7be1d24c58"),
    "import_id": ("Identifier of an import, as in GET /imports.", "3f0c9a7be1d24c58"),
    "scenario_id": ("Identifier of a scenario, as in GET /scenarios.", "3f0c9a7be1d24c58"),
    "key_id": ("Identifier of an API key, as in GET /keys.", "3f0c9a7be1d24c58"),
    "name": ("Name of a user, as in GET /users.", "anna"),
    "upload_id": ("Identifier of an upload, as POST /uploads gave it.", "3f0c9a7be1d24c58"),
    "forecast_id": ("Identifier of a forecast, as in GET /forecasts.", "store_demand_20260831"),
}
"""Description and example of every name in a path."""

GROUPS: Mapping[str, str] = {
    "overview": "Stores",
    "regions": "Stores",
    "accuracy": "Stores",
    "scenarios": "Forecasts",
    "forecast": "Forecasts",
    "forecasts": "Forecasts",
    "what-if": "Forecasts",
    "training": "Trainings",
    "stores": "Stores",
    "imports": "Sales",
    "sales": "Sales",
    "uploads": "Sales",
    "me": "Accounts",
    "session": "Accounts",
    "keys": "Accounts",
    "users": "Accounts",
    "audit": "Accounts",
}
"""Heading of a route by the first part of its address; the others are under ``Service``."""


def group_of(path: str) -> str:
    """The heading under which a route is shown."""
    return GROUPS.get(path.split("/")[1], "Service")


def path_parameters(path: str) -> list[dict[str, Any]]:
    """The names in a path as parameters."""
    return [_parameter(name) for name in PARAMETER.findall(path)]


def _parameter(name: str) -> dict[str, Any]:
    description, example = PATH_PARAMETERS.get(name, ("", ""))
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }
