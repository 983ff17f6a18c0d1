"""Finds or makes resources at Amazon Forecast; every step may be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from forecast_service.aws import ALREADY_EXISTS, error_code
from forecast_service.errors import BackendUnavailable

__all__ = ["DOMAIN", "arns_by_name", "ensure_dataset", "ensure_group", "find_group"]

DOMAIN = "RETAIL"


def arns_by_name(
    client: Any, operation: str, member: str, stem: str, filters: Sequence[Any] = ()
) -> dict[str, str]:
    """Name -> ARN of all results of a List operation."""
    pages = client.get_paginator(operation).paginate(
        **({"Filters": list(filters)} if filters else {})
    )
    return {entry[f"{stem}Name"]: entry[f"{stem}Arn"] for page in pages for entry in page[member]}


def find_group(client: Any, name: str) -> str | None:
    """ARN of the dataset group with this name, or None."""
    return arns_by_name(client, "list_dataset_groups", "DatasetGroups", "DatasetGroup").get(name)


def ensure_group(client: Any, name: str, tagging: Mapping[str, Any]) -> str:
    """ARN of the dataset group with this name, which is created if it does not exist."""
    try:
        answer = client.create_dataset_group(DatasetGroupName=name, Domain=DOMAIN, **tagging)
        return str(answer["DatasetGroupArn"])
    except ClientError as error:
        if error_code(error) != ALREADY_EXISTS:
            raise
    arn = find_group(client, name)
    if arn is None:  # Amazon creates and deletes asynchronously
        raise BackendUnavailable(
            f"The name '{name}' is taken, but Amazon Forecast does not list it. "
            "Try again in a moment."
        )
    return arn


def ensure_dataset(
    client: Any, name: str, description: Mapping[str, Any], tagging: Mapping[str, Any]
) -> str:
    """ARN of the dataset with this name, which is created like ``description`` if it is absent."""
    existing = arns_by_name(client, "list_datasets", "Datasets", "Dataset")
    if name in existing:
        return existing[name]
    copied = ("Domain", "DatasetType", "DataFrequency", "Schema")
    same = {member: description[member] for member in copied if member in description}
    return str(client.create_dataset(DatasetName=name, **same, **tagging)["DatasetArn"])
