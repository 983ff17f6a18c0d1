"""Dataset groups: the datasets that are trained together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast_service.local import catalog
from forecast_service.local.arns import arn_of
from forecast_service.local.calls import Call, Params, create, require
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InvalidInput
from forecast_service.local.kinds import DATASET, DATASET_GROUP

__all__ = ["create_group", "datasets_of", "update_group"]


def create_group(call: Call, params: Params) -> dict[str, Any]:
    """CreateDatasetGroup: the group is ACTIVE at once."""
    request = {"DatasetArns": [], **params}
    _check_datasets(call, params["Domain"], request["DatasetArns"])
    arn = arn_of(call.settings, DATASET_GROUP.word, params["DatasetGroupName"])
    return create(call, DATASET_GROUP, request, arn=arn)


def update_group(call: Call, params: Params) -> dict[str, Any]:
    """UpdateDatasetGroup: replaces the list of datasets."""
    group = require(call, DATASET_GROUP, params["DatasetGroupArn"])
    _check_datasets(call, group.request["Domain"], params["DatasetArns"])
    request = {**group.request, "DatasetArns": list(params["DatasetArns"])}
    catalog.update(call.connection, group.arn, request=request)
    return {}


def datasets_of(call: Call, group: Resource) -> dict[str, Resource]:
    """The datasets of a group by type, without those that were deleted."""
    datasets = (catalog.get(call.connection, arn) for arn in group.request["DatasetArns"])
    return {dataset.request["DatasetType"]: dataset for dataset in datasets if dataset is not None}


def _check_datasets(call: Call, domain: str, arns: Sequence[str]) -> None:
    types: dict[str, str] = {}
    for arn in arns:
        dataset = require(call, DATASET, arn)
        if dataset.request["Domain"] != domain:
            raise InvalidInput(
                f"The dataset '{arn}' has domain '{dataset.request['Domain']}', but the dataset "
                f"group has '{domain}'. All must have the same."
            )
        type_ = dataset.request["DatasetType"]
        if type_ in types:
            raise InvalidInput(
                f"The datasets '{types[type_]}' and '{arn}' are both of type {type_}. "
                "A dataset group holds at most one dataset of each type."
            )
        types[type_] = arn
