"""Helpers of the contract suite: one Amazon Forecast, in process or through real boto3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from forecast_service.local import catalog, shapes
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.work import cancel_work

ROLE = "arn:aws:iam::000000000000:role/forecast"
FIELDS = {
    "TARGET_TIME_SERIES": {"item_id": "string", "timestamp": "timestamp", "demand": "float"},
    "RELATED_TIME_SERIES": {"item_id": "string", "timestamp": "timestamp", "promo": "float"},
    "ITEM_METADATA": {"item_id": "string", "region": "string"},
}
PREFIX = "arn:aws:forecast:eu-west-1:000000000000:"
ARNS = (
    f"{PREFIX}dataset/sales",
    f"{PREFIX}dataset-import-job/sales/first",
    f"{PREFIX}dataset-group/chain",
    f"{PREFIX}predictor/classic",
    f"{PREFIX}forecast/monday",
    "arn:aws:forecast:::algorithm/Prophet",
)
"""ARNs of the default names below. The ARN of an auto predictor is not known in advance."""
ENDED = ("ACTIVE", "CREATE_FAILED", "CREATE_STOPPED")
PYTHON_TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "double": float,
    "boolean": bool,
    "timestamp": datetime,
    "list": list,
    "map": dict,
    "structure": dict,
}


def schema(fields: Mapping[str, str]) -> dict[str, Any]:
    """A Schema parameter from names and types."""
    return {
        "Attributes": [
            {"AttributeName": name, "AttributeType": type_} for name, type_ in fields.items()
        ]
    }


def source(path: str = "s3://bucket/sales.csv") -> dict[str, Any]:
    """A DataSource parameter."""
    return {"S3Config": {"Path": path, "RoleArn": ROLE}}


class Checked:
    """A client that compares every answer with the service model."""

    def __init__(self, client: Any, service: str) -> None:
        self.client = client
        self.exceptions = client.exceptions
        self.can_paginate = client.can_paginate
        self.get_paginator = client.get_paginator
        self.operations = {shapes.method_name(name): name for name in shapes.operations(service)}
        self.service = service

    def __getattr__(self, method: str) -> Any:
        def call(**params: Any) -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self.client, method)(**params)
            metadata = answer.pop("ResponseMetadata")
            assert metadata["HTTPStatusCode"] == 200
            assert len(metadata["RequestId"]) == 36
            assert_conforms(answer, shapes.output_shape(self.service, self.operations[method]))
            return answer

        return call


def assert_conforms(value: Any, shape: Any, path: str = "answer") -> None:
    """The value has only members of the shape, with their types."""
    if shape is None:
        assert value == {}, path
        return
    assert isinstance(value, PYTHON_TYPES[shape.type_name]), f"{path} is {value!r}"
    for entry, entry_shape, where in _parts(value, shape, path):
        assert_conforms(entry, entry_shape, where)
    if shape.metadata.get("enum"):
        assert value in shape.metadata["enum"], path
    if shape.type_name == "timestamp":
        assert value.tzinfo is not None, path


def _parts(value: Any, shape: Any, path: str) -> list[tuple[Any, Any, str]]:
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members), path
        return [(entry, shape.members[name], f"{path}.{name}") for name, entry in value.items()]
    if shape.type_name == "map":
        return [(entry, shape.value, f"{path}.{name}") for name, entry in value.items()]
    if shape.type_name == "list":
        return [(entry, shape.member, f"{path}[]") for entry in value]
    return []


@dataclass
class Amazon:
    """Both planes, with their database and settings."""

    forecast: Any
    forecastquery: Any
    database: Database
    settings: Settings

    def mark(self, arn: str, status: str, **columns: Any) -> None:
        """Give a resource a status, as the worker would."""
        with self.database.write() as connection:
            catalog.update(connection, arn, status=status, **columns)
            if status in ENDED:
                cancel_work(connection, "resource", arn)

    def dataset(
        self,
        name: str = "sales",
        type_: str = "TARGET_TIME_SERIES",
        frequency: str = "D",
        **fields: str,
    ) -> str:
        """A RETAIL dataset with some more fields, without data."""
        parameters = {"DataFrequency": frequency} if type_ != "ITEM_METADATA" else {}
        answer = self.forecast.create_dataset(
            DatasetName=name,
            Domain="RETAIL",
            DatasetType=type_,
            Schema=schema({**FIELDS[type_], **fields}),
            **parameters,
        )
        return str(answer["DatasetArn"])

    def import_job(self, dataset: str, name: str = "first", status: str | None = "ACTIVE") -> str:
        """An import job, with the given status unless that is None."""
        answer = self.forecast.create_dataset_import_job(
            DatasetImportJobName=name, DatasetArn=dataset, DataSource=source()
        )
        arn = str(answer["DatasetImportJobArn"])
        if status is not None:
            self.mark(arn, status)
        return arn

    def group(self, *datasets: str, name: str = "chain") -> str:
        """A RETAIL dataset group."""
        answer = self.forecast.create_dataset_group(
            DatasetGroupName=name, Domain="RETAIL", DatasetArns=list(datasets)
        )
        return str(answer["DatasetGroupArn"])

    def trainable_group(self, **fields: str) -> str:
        """A dataset group with data in its target time series, which has some more fields."""
        dataset = self.dataset(**fields)
        self.import_job(dataset)
        return self.group(dataset)

    def predictor(
        self, group: str, name: str = "weekly", status: str | None = "ACTIVE", **parameters: Any
    ) -> str:
        """An auto predictor, with the given status unless that is None."""
        answer = self.forecast.create_auto_predictor(**{**auto_request(group, name), **parameters})
        arn = str(answer["PredictorArn"])
        if status is not None:
            self.mark(arn, status)
        return arn

    def make_forecast(
        self, predictor: str, name: str = "monday", status: str | None = "ACTIVE"
    ) -> str:
        """A forecast, with the given status unless that is None."""
        answer = self.forecast.create_forecast(ForecastName=name, PredictorArn=predictor)
        arn = str(answer["ForecastArn"])
        if status is not None:
            self.mark(arn, status)
        return arn


def auto_request(group: str, name: str = "weekly") -> dict[str, Any]:
    """Parameters of CreateAutoPredictor for a week of days."""
    return {
        "PredictorName": name,
        "ForecastHorizon": 7,
        "ForecastFrequency": "D",
        "DataConfig": {"DatasetGroupArn": group},
    }


def legacy_request(group: str, name: str = "classic") -> dict[str, Any]:
    """Parameters of CreatePredictor for a week of days with Prophet."""
    return {
        "PredictorName": name,
        "AlgorithmArn": "arn:aws:forecast:::algorithm/Prophet",
        "ForecastHorizon": 7,
        "InputDataConfig": {"DatasetGroupArn": group},
        "FeaturizationConfig": {"ForecastFrequency": "D"},
    }


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    """Code and message of the error that a call raises."""
    with pytest.raises(shapes.ClientError) as caught:
        call(**parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
