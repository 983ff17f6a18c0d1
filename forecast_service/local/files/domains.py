"""Domains: the required and allowed fields of a schema, and their types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecast_service.local.errors import InvalidInput
from forecast_service.local.files.reserved_names import RESERVED_WORDS

__all__ = ["DOMAINS", "METADATA", "RELATED", "TARGET", "Domain", "Fields", "check_schema", "fields"]

TARGET = "TARGET_TIME_SERIES"
RELATED = "RELATED_TIME_SERIES"
METADATA = "ITEM_METADATA"

MAX_FIELDS = {TARGET: 13, RELATED: 25, METADATA: 10}
TIMESTAMP = "timestamp"
NUMERIC = ("integer", "float")
TEXTUAL = ("string", "geolocation")
EXTRA_TYPES = {TARGET: TEXTUAL, RELATED: (*NUMERIC, *TEXTUAL), METADATA: TEXTUAL}
EXTRA_MEANING = {
    TARGET: "a dimension",
    RELATED: "a feature or dimension",
    METADATA: "an attribute",
}


@dataclass(frozen=True)
class Domain:
    """A domain: its names for the item and the target, and the types of the target."""

    item: str
    target: str
    target_types: tuple[str, ...] = ("float",)
    has_metadata: bool = True


DOMAINS = {
    "RETAIL": Domain("item_id", "demand"),
    "CUSTOM": Domain("item_id", "target_value", ("float", "integer")),
    "INVENTORY_PLANNING": Domain("item_id", "demand"),
    "EC2_CAPACITY": Domain(
        "instance_type", "number_of_instances", ("integer",), has_metadata=False
    ),
    "WORK_FORCE": Domain("workforce_type", "workforce_demand", ("float", "integer")),
    "WEB_TRAFFIC": Domain("item_id", "value"),
    "METRICS": Domain("metric_name", "metric_value", ("float", "integer")),
}


@dataclass(frozen=True)
class Fields:
    """The fields of a schema by role; dimensions and features in schema order."""

    item: str
    target: str | None
    dimensions: tuple[str, ...]
    """Text fields of a time series beyond the item."""
    features: tuple[str, ...]
    """Numeric fields of a related time series."""


def fields(dataset: Mapping[str, Any]) -> Fields:
    """The fields of a dataset, from the request that created it."""
    domain = DOMAINS[dataset["Domain"]]
    is_target = dataset["DatasetType"] == TARGET
    own = {domain.item, TIMESTAMP, domain.target if is_target else domain.item}
    extra = [a for a in dataset["Schema"]["Attributes"] if a["AttributeName"] not in own]
    return Fields(
        item=domain.item,
        target=domain.target if is_target else None,
        dimensions=tuple(a["AttributeName"] for a in extra if a["AttributeType"] in TEXTUAL),
        features=tuple(a["AttributeName"] for a in extra if a["AttributeType"] in NUMERIC),
    )


def check_schema(
    domain_name: str, dataset_type: str, attributes: Sequence[Mapping[str, str]]
) -> None:
    """Refuse a schema that does not fit its domain and dataset type.

    Raises
    ------
    InvalidInput
        The message names the field, its value and the allowed ones.
    """
    domain = DOMAINS[domain_name]
    if dataset_type == METADATA and not domain.has_metadata:
        raise InvalidInput(f"Domain '{domain_name}' has no {METADATA}. Use {TARGET} or {RELATED}.")
    _check_complete(attributes)
    required = _required_fields(domain, dataset_type)
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in attributes}
    _check_names(types, required, dataset_type, domain)
    _check_required(types, required, f"{dataset_type} of domain '{domain_name}'")
    _check_extra({name: t for name, t in types.items() if name not in required}, dataset_type)


def _required_fields(domain: Domain, dataset_type: str) -> dict[str, tuple[str, ...]]:
    required: dict[str, tuple[str, ...]] = {domain.item: ("string",)}
    if dataset_type != METADATA:
        required[TIMESTAMP] = (TIMESTAMP,)
    if dataset_type == TARGET:
        required[domain.target] = domain.target_types
    return required


def _check_complete(attributes: Sequence[Mapping[str, str]]) -> None:
    if not attributes:
        raise InvalidInput("The schema has no attributes. Name every column, in order.")
    for number, entry in enumerate(attributes, start=1):
        missing = {"AttributeName", "AttributeType"} - set(entry)
        if missing:
            raise InvalidInput(
                f"Attribute {number} of the schema has no {min(missing)}. Give it one."
            )
    counts = Counter(entry["AttributeName"] for entry in attributes)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise InvalidInput(f"Attribute '{twice[0]}' is in the schema twice. Give each name once.")


def _check_names(
    types: Mapping[str, str],
    required: Mapping[str, tuple[str, ...]],
    dataset_type: str,
    domain: Domain,
) -> None:
    if len(types) > MAX_FIELDS[dataset_type]:
        raise InvalidInput(
            f"The schema has {len(types)} attributes; {dataset_type} may have at most "
            f"{MAX_FIELDS[dataset_type]}. Leave out the least useful ones."
        )
    reserved = [name for name in types if name in RESERVED_WORDS and name not in required]
    if reserved:
        raise InvalidInput(
            f"Attribute '{reserved[0]}' is a reserved word. Choose another name, "
            f"such as '{reserved[0].lower()}_field'."
        )
    if dataset_type == RELATED and domain.target in types:
        raise InvalidInput(
            f"Attribute '{domain.target}' is the target; {RELATED} must not contain it. "
            f"Move it to {TARGET}."
        )


def _check_required(
    types: Mapping[str, str], required: Mapping[str, tuple[str, ...]], where: str
) -> None:
    for name, allowed in required.items():
        if name not in types:
            raise InvalidInput(
                f"Attribute '{name}' is missing; {where} needs it with type {_either(allowed)}. "
                "Add it to the schema."
            )
        if types[name] not in allowed:
            raise InvalidInput(
                f"Attribute '{name}' has type '{types[name]}'; {where} needs {_either(allowed)}."
            )


def _check_extra(types: Mapping[str, str], dataset_type: str) -> None:
    allowed = EXTRA_TYPES[dataset_type]
    for name, type_ in types.items():
        if type_ not in allowed:
            raise InvalidInput(
                f"Attribute '{name}' has type '{type_}'; {EXTRA_MEANING[dataset_type]} of "
                f"{dataset_type} must be {_either(allowed)}."
            )


def _either(names: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)
