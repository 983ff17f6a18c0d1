"""Errors of every operation: wrong types, limits of the model, missing operations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from forecast_service.local import shapes
from forecast_service.local.api import HANDLERS
from forecast_service.local.kinds import KINDS, Kind
from forecast_service.local.query import HANDLERS as QUERY_HANDLERS

from ..amazon import Amazon, auto_request, refusal

UNAVAILABLE = [
    (service, operation)
    for service, handlers in ((shapes.CONTROL, HANDLERS), (shapes.QUERY, QUERY_HANDLERS))
    for operation in shapes.operations(service)
    if operation not in handlers
]
ARN = "arn:aws:forecast:eu-west-1:000000000000:monitor/watch"


def example(shape: Any) -> Any:
    """The smallest value of a shape: required members only."""
    if shape.type_name == "structure":
        return {name: example(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [example(shape.member)]
    if shape.type_name == "map":
        return {"item_id": "1"}
    values = {"string": ARN if "Arn" in shape.name else "s3://bucket", "integer": 1}
    value = values.get(shape.type_name, 1.0)
    if shape.metadata.get("enum"):
        return shape.metadata["enum"][0]
    return "name" if shape.name == "Name" else value


def test_every_operation_is_available_or_listed_as_missing() -> None:
    assert len(HANDLERS) + len(QUERY_HANDLERS) + len(UNAVAILABLE) == 65


def test_a_missing_operation_gets_an_explanation(amazon: Amazon) -> None:
    for service, operation in UNAVAILABLE:
        plane = amazon.forecast if service == shapes.CONTROL else amazon.forecastquery
        parameters = example(shapes.input_shape(service, operation))

        error = refusal(getattr(plane, shapes.method_name(operation)), **parameters)

        assert error == (
            "InvalidInputException",
            f"'{operation}' is not available in this local Amazon Forecast yet. Every other "
            "operation is. Use Amazon Forecast for this one.",
        )


@pytest.mark.parametrize("operation", ["Describe", "Delete"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_an_unknown_arn_is_not_found(amazon: Amazon, kind: Kind, operation: str) -> None:
    method = getattr(amazon.forecast, shapes.method_name(f"{operation}{kind.stem}"))
    arn = f"arn:aws:forecast:eu-west-1:000000000000:{kind.word}/nowhere"

    assert refusal(method, **{kind.arn_member: arn}) == (
        "ResourceNotFoundException",
        f"No {kind.noun} exists with the arn: {arn}. List{kind.plural} shows those that exist.",
    )


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        (shapes.CONTROL, "ListMonitorEvaluations"),
        (shapes.CONTROL, "ResumeResource"),
        (shapes.QUERY, "QueryWhatIfForecast"),
    ],
)
def test_an_unknown_monitor_or_what_if_is_not_found(
    amazon: Amazon, service: str, operation: str
) -> None:
    plane = amazon.forecast if service == shapes.CONTROL else amazon.forecastquery
    parameters = example(shapes.input_shape(service, operation))

    code, _ = refusal(getattr(plane, shapes.method_name(operation)), **parameters)

    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("parameters", "finding"),
    [
        ({}, 'Missing required parameter in input: "DatasetGroupName"'),
        ({"DatasetGroupName": 1, "Domain": "RETAIL"}, "Invalid type for parameter"),
        ({"DatasetGroupName": "g", "Domain": "RETAIL", "Colour": 1}, "Unknown parameter in input"),
        ({"DatasetGroupName": "", "Domain": "RETAIL"}, "Invalid length for parameter"),
    ],
)
def test_parameters_are_checked_as_boto3_does(
    amazon: Amazon, parameters: dict[str, Any], finding: str
) -> None:
    with pytest.raises(ParamValidationError, match=finding):
        amazon.forecast.create_dataset_group(**parameters)


def test_the_whole_name_must_match_its_pattern(amazon: Amazon) -> None:
    error = refusal(
        amazon.forecast.create_dataset_group, DatasetGroupName="my-group", Domain="RETAIL"
    )

    assert error == (
        "ValidationException",
        "1 validation error detected: Value 'my-group' at 'datasetGroupName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: ^[a-zA-Z][a-zA-Z0-9_]*",
    )


def test_every_finding_is_named(amazon: Amazon) -> None:
    error = refusal(
        amazon.forecast.create_dataset_group,
        DatasetGroupName="g" * 64,
        Domain="SPACE",
        Tags=[{"Key": "team", "Value": "bl§e"}],
    )

    assert error == (
        "ValidationException",
        f"3 validation errors detected: Value '{'g' * 64}' at 'datasetGroupName' failed to satisfy "
        "constraint: Member must have length less than or equal to 63; Value 'SPACE' at 'domain' "
        "failed to satisfy constraint: Member must satisfy enum value set: [RETAIL, CUSTOM, "
        "INVENTORY_PLANNING, EC2_CAPACITY, WORK_FORCE, WEB_TRAFFIC, METRICS]; Value 'bl§e' at "
        "'tags.1.member.value' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$",
    )


@pytest.mark.parametrize(
    ("method", "parameters", "path", "constraint"),
    [
        ("list_forecasts", {"MaxResults": 101}, "maxResults", "value less than or equal to 100"),
        (
            "list_forecasts",
            {"Filters": [{"Key": "Status", "Value": "ACTIVE", "Condition": "LIKE"}]},
            "filters.1.member.condition",
            "enum value set: [IS, IS_NOT]",
        ),
        (
            "create_auto_predictor",
            {"PredictorName": "p", "ForecastTypes": ["p50"]},
            "forecastTypes.1.member",
            "regular expression pattern",
        ),
        (
            "create_auto_predictor",
            {"PredictorName": "p", "ForecastTypes": ["0.5"] * 21},
            "forecastTypes",
            "length less than or equal to 20",
        ),
        (
            "create_auto_predictor",
            {"PredictorName": "p", "OptimizationMetric": "R2"},
            "optimizationMetric",
            "enum value set: [WAPE, RMSE",
        ),
        ("describe_dataset", {"DatasetArn": "sales"}, "datasetArn", "regular expression pattern"),
        (
            "describe_dataset",
            {"DatasetArn": ARN + "x" * 256},
            "datasetArn",
            "length less than or equal to 256",
        ),
    ],
)
def test_limits_of_the_model_are_checked(
    amazon: Amazon, method: str, parameters: dict[str, Any], path: str, constraint: str
) -> None:
    code, sentence = refusal(getattr(amazon.forecast, method), **parameters)

    assert code == "ValidationException"
    assert f"at '{path}' failed to satisfy constraint: Member must" in sentence
    assert constraint in sentence


def test_a_tag_key_may_have_any_letter(amazon: Amazon) -> None:
    answer = amazon.forecast.create_dataset_group(
        DatasetGroupName="g", Domain="RETAIL", Tags=[{"Key": "équipe 1", "Value": "Ωmega/x=1"}]
    )

    assert set(answer) == {"DatasetGroupArn"}


def test_errors_are_classes_of_the_client(amazon: Amazon) -> None:
    with pytest.raises(amazon.forecast.exceptions.ResourceNotFoundException) as caught:
        amazon.forecast.describe_predictor(PredictorArn=ARN)

    assert isinstance(caught.value, ClientError)
    assert caught.value.operation_name == "DescribePredictor"
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"No predictor exists with the arn: {ARN}. "
        "ListPredictors shows those that exist.",
    }


def test_a_code_without_a_class_is_a_plain_client_error(amazon: Amazon) -> None:
    with pytest.raises(ClientError) as caught:
        amazon.forecast.describe_predictor(PredictorArn="x")

    assert type(caught.value) is ClientError


def test_every_modelled_error_has_a_class(amazon: Amazon) -> None:
    for name in (
        "InvalidInputException",
        "InvalidNextTokenException",
        "LimitExceededException",
        "ResourceAlreadyExistsException",
        "ResourceInUseException",
        "ResourceNotFoundException",
    ):
        assert issubclass(
            getattr(amazon.forecast.exceptions, name), amazon.forecast.exceptions.ClientError
        )


def test_only_keyword_arguments_are_taken(amazon: Amazon) -> None:
    with pytest.raises(TypeError, match="only accepts keyword arguments"):
        amazon.forecast.client.describe_predictor(ARN)


def test_only_lists_can_be_paginated(amazon: Amazon) -> None:
    assert amazon.forecast.can_paginate("list_predictors")
    assert not amazon.forecast.can_paginate("describe_predictor")
    with pytest.raises(Exception, match="cannot be paginated"):
        amazon.forecast.get_paginator("describe_predictor")


def test_an_unknown_attribute_is_an_error(amazon: Amazon) -> None:
    with pytest.raises(AttributeError):
        _ = amazon.forecast.client.train_quickly


def test_only_one_of_many_concurrent_calls_gets_a_name(amazon: Amazon) -> None:
    group = amazon.trainable_group()

    def create(_: int) -> str:
        try:
            return str(amazon.forecast.create_auto_predictor(**auto_request(group))["PredictorArn"])
        except amazon.forecast.exceptions.ResourceAlreadyExistsException:
            return "taken"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))

    assert answers.count("taken") == 7
