"""What the scopes of a key allow over the API of Amazon Forecast, and what is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_service.accounts.audit import AuditFilter
from forecast_service.accounts.caller import Caller
from forecast_service.local import shapes
from forecast_service.local.errors import Fault
from forecast_service.local.wire import Asked
from forecast_service.resources.amazon.permissions import refuse, scopes_of
from forecast_service.storage.limits import Limits

from .callers import Endpoint, refusal

ARN = "arn:aws:forecast:eu-west-1:000000000000:"
GROUP = {"Domain": "RETAIL"}


@pytest.mark.parametrize(
    ("operation", "arn", "scopes"),
    [
        ("ListPredictors", None, ["read"]),
        ("DescribeDataset", None, ["read"]),
        ("GetAccuracyMetrics", None, ["read"]),
        ("QueryForecast", None, ["read"]),
        ("QueryWhatIfForecast", None, ["read"]),
        ("CreateDataset", None, ["import"]),
        ("CreateDatasetGroup", None, ["import"]),
        ("UpdateDatasetGroup", None, ["import"]),
        ("CreateDatasetImportJob", None, ["import"]),
        ("DeleteDataset", None, ["import"]),
        ("CreatePredictor", None, ["train"]),
        ("CreateAutoPredictor", None, ["train"]),
        ("CreateForecast", None, ["train"]),
        ("CreateForecastExportJob", None, ["train"]),
        ("CreateWhatIfAnalysis", None, ["train"]),
        ("CreateExplainability", None, ["train"]),
        ("CreateMonitor", None, ["train"]),
        ("DeletePredictor", None, ["train"]),
        ("DeleteForecast", None, ["train"]),
        ("StopResource", "predictor/a", ["train"]),
        ("StopResource", "dataset-import-job/a/b", ["import"]),
        ("ResumeResource", "monitor/a", ["train"]),
        ("TagResource", "dataset/a", ["import"]),
        ("UntagResource", "forecast/a", ["train"]),
        ("DeleteResourceTree", "dataset-group/a", ["import", "train"]),
        ("DeleteResourceTree", "dataset/a", ["import"]),
        ("DeleteResourceTree", "predictor/a", ["train"]),
        ("DeleteResourceTree", "no arn", ["train"]),
    ],
)
def test_an_operation_needs_a_scope(operation: str, arn: str | None, scopes: list[str]) -> None:
    params = {} if arn is None else {"ResourceArn": f"{ARN}{arn}"}

    assert list(scopes_of(operation, params)) == scopes


def test_every_operation_that_changes_something_needs_more_than_reading() -> None:
    operations = [*shapes.operations("forecast"), *shapes.operations("forecastquery")]
    reading = {name for name in operations if scopes_of(name, {}) == ("read",)}

    assert {name for name in reading if name.startswith(("Create", "Delete", "Update"))} == set()
    assert len(operations) - len(reading) == 14 + 14 + 1 + 4  # create, delete, update, the others


@pytest.mark.parametrize(
    ("caller", "method", "params", "operation", "resource", "scope"),
    [
        ("reader", "create_dataset_group", GROUP, "CreateDatasetGroup", "*", "import"),
        ("trainer", "create_dataset_group", GROUP, "CreateDatasetGroup", "*", "import"),
        ("importer", "list_predictors", {}, "ListPredictors", "*", "read"),
        (
            *("reader", "delete_forecast", {"ForecastArn": f"{ARN}forecast/a"}),
            *("DeleteForecast", "forecast/a", "train"),
        ),
    ],
)
def test_who_may_not_is_told_in_amazons_words(
    endpoint: Endpoint,
    caller: str,
    method: str,
    params: dict[str, Any],
    operation: str,
    resource: str,
    scope: str,
) -> None:
    named = {**params, "DatasetGroupName": "chain"} if "create" in method else params

    assert refusal(getattr(endpoint.client(caller), method), **named) == (
        400,
        "AccessDeniedException",
        f"User: arn:aws:iam::000000000000:user/{caller} is not authorized to perform: "
        f"forecast:{operation} on resource: {ARN}{resource} because no identity-based policy "
        f"allows the forecast:{operation} action. The scope '{scope}' of the key is missing.",
    )
    assert endpoint.client("pipeline").list_dataset_groups()["DatasetGroups"] == []


def test_a_caller_with_limits_may_do_nothing() -> None:
    limited = Caller("key", "till", frozenset({"read"}), Limits(frozenset({"7"}), None))

    with pytest.raises(Fault, match="A key with limits cannot use the Amazon Forecast API"):
        refuse(limited, Asked("ListPredictors", {}, "eu-west-1"), "000000000000")


def test_who_made_and_deleted_what_is_recorded(endpoint: Endpoint) -> None:
    client = endpoint.client("pipeline")
    arn = client.create_dataset_group(DatasetGroupName="chain", **GROUP)["DatasetGroupArn"]
    client.update_dataset_group(DatasetGroupArn=arn, DatasetArns=[])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    client.describe_dataset_group(DatasetGroupArn=arn)
    refusal(client.create_dataset_group, DatasetGroupName="chain", **GROUP)
    client.delete_dataset_group(DatasetGroupArn=arn)

    entries = [e for e in endpoint.service.audit.list(AuditFilter()) if e.subject == arn]

    assert [(e.kind, e.who, e.action, (e.details or {})["operation"]) for e in entries] == [
        ("key", "pipeline", "resource_deleted", "DeleteDatasetGroup"),
        ("key", "pipeline", "resource_changed", "TagResource"),
        ("key", "pipeline", "resource_changed", "UpdateDatasetGroup"),
        ("key", "pipeline", "resource_created", "CreateDatasetGroup"),
    ]
    assert entries[0].address == "127.0.0.1"
    assert entries[0].request_id


def test_when_a_key_signed_is_noted(endpoint: Endpoint) -> None:
    endpoint.client("pipeline").list_datasets()

    endpoint.service.known_keys.close()

    noted = {key.name for key in endpoint.service.keys.list() if key.last_used_at is not None}
    assert "pipeline" in noted
    assert "unused" not in noted


def test_with_accounts_nobody_on_this_machine_goes_without(endpoint: Endpoint) -> None:
    client = endpoint.client("reader", aws_access_key_id="any", aws_secret_access_key="any")

    assert refusal(client.list_predictors)[1] == "UnrecognizedClientException"
