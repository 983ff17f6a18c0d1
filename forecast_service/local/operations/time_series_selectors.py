"""TimeSeriesSelector: which series a forecast or a what-if analysis is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecast_service.local.calls import Params
from forecast_service.local.errors import InvalidInput
from forecast_service.local.files.domains import TEXTUAL

__all__ = ["check_key_schema", "check_selector"]

REQUIRED = ("DataSource", "Schema")


def check_selector(params: Params, names: Sequence[str]) -> None:
    """Refuse a selector without a file, or whose schema does not have exactly the keys ``names``.

    Raises
    ------
    InvalidInput
        The message names the member or the attribute.
    """
    identifiers = params.get("TimeSeriesSelector", {}).get("TimeSeriesIdentifiers")
    if identifiers is None:
        return
    missing = [member for member in REQUIRED if member not in identifiers]
    if missing:
        raise InvalidInput(
            f"'{missing[0]}' is missing in TimeSeriesIdentifiers. Give the file that lists the "
            "series as DataSource, and its columns as Schema."
        )
    fields = check_key_schema(identifiers["Schema"], names, "TimeSeriesIdentifiers")
    extra = [name for name in fields if name not in names]
    if extra:
        raise InvalidInput(
            f"Attribute '{extra[0]}' does not identify a series; TimeSeriesIdentifiers has the "
            f"columns {', '.join(names)}. Leave it out."
        )


def check_key_schema(schema: Mapping[str, Any], names: Sequence[str], where: str) -> dict[str, str]:
    """The type of each attribute of a schema, which must have the keys ``names`` as texts.

    Raises
    ------
    InvalidInput
        An attribute is incomplete, repeated, missing, or of another type.
    """
    entries = schema.get("Attributes", ())
    if any({"AttributeName", "AttributeType"} - set(entry) for entry in entries):
        raise InvalidInput(
            f"An attribute of the schema of {where} has no AttributeName or no AttributeType. "
            "Give it both."
        )
    fields = {entry["AttributeName"]: entry["AttributeType"] for entry in entries}
    if len(fields) < len(entries):
        raise InvalidInput(f"The schema of {where} has an attribute twice. Give each name once.")
    for name in names:
        if fields.get(name) not in TEXTUAL:
            found = f"has type '{fields[name]}'" if name in fields else "is missing"
            raise InvalidInput(
                f"Attribute '{name}' {found} in the schema of {where}. The series of this "
                f"predictor are identified by {', '.join(names)}: give each as a string."
            )
    return fields
