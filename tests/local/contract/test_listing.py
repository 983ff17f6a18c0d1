"""List operations: order, pages, filters and tokens."""

from __future__ import annotations

import time
from typing import Any

import pytest

from forecast_service.local import catalog
from forecast_service.local.kinds import KINDS, Kind
from forecast_service.local.operations.lists import next_token
from forecast_service.local.shapes import method_name

from ..amazon import Amazon, refusal

ARN = "arn:aws:forecast:eu-west-1:000000000000:dataset-group"


def many_groups(amazon: Amazon, number: int) -> list[str]:
    """Names of dataset groups, newest first."""
    names = [f"group_{index}" for index in range(number)]
    with amazon.database.write() as connection:
        for name in names:
            catalog.insert(
                connection,
                arn=f"{ARN}/{name}",
                type="dataset-group",
                name=name,
                status="ACTIVE",
                request={"Domain": "RETAIL", "DatasetArns": []},
            )
    return names[::-1]


def names_of(page: dict[str, Any]) -> list[str]:
    return [group["DatasetGroupName"] for group in page["DatasetGroups"]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_without_resources_the_list_is_empty_and_has_no_token(amazon: Amazon, kind: Kind) -> None:
    list_all = getattr(amazon.forecast, method_name(f"List{kind.plural}"))

    assert list_all() == {kind.plural: []}


def test_a_page_holds_a_hundred_entries_newest_first(amazon: Amazon) -> None:
    names = many_groups(amazon, 130)

    first = amazon.forecast.list_dataset_groups()
    second = amazon.forecast.list_dataset_groups(NextToken=first["NextToken"])

    assert names_of(first) == names[:100]
    assert names_of(second) == names[100:]
    assert "NextToken" not in second


def test_the_last_page_has_no_token(amazon: Amazon) -> None:
    many_groups(amazon, 100)

    assert "NextToken" not in amazon.forecast.list_dataset_groups()


def test_the_paginator_of_boto3_returns_everything(amazon: Amazon) -> None:
    names = many_groups(amazon, 130)

    pages = list(amazon.forecast.get_paginator("list_dataset_groups").paginate())

    assert [name for page in pages for name in names_of(page)] == names


def test_the_paginator_takes_page_size_and_maximum(amazon: Amazon) -> None:
    names = many_groups(amazon, 10)
    paginator = amazon.forecast.get_paginator("list_dataset_groups")

    part = paginator.paginate(PaginationConfig={"PageSize": 3, "MaxItems": 7}).build_full_result()
    remainder = paginator.paginate(
        PaginationConfig={"StartingToken": part["NextToken"]}
    ).build_full_result()

    assert names_of(part) == names[:7]
    assert names_of(remainder) == names[7:]


def test_new_entries_do_not_move_the_pages(amazon: Amazon) -> None:
    names = many_groups(amazon, 4)
    first = amazon.forecast.list_dataset_groups(MaxResults=2)
    amazon.group(name="newest")
    amazon.forecast.delete_dataset_group(DatasetGroupArn=f"{ARN}/{names[1]}")

    second = amazon.forecast.list_dataset_groups(MaxResults=2, NextToken=first["NextToken"])

    assert names_of(second) == names[2:]


@pytest.fixture
def two_predictors(amazon: Amazon) -> tuple[str, str]:
    """ARNs of an ACTIVE and of a failed predictor of different groups."""
    dataset = amazon.dataset()
    amazon.import_job(dataset)
    active = amazon.predictor(amazon.group(dataset, name="one"), "active")
    failed = amazon.predictor(amazon.group(dataset, name="two"), "failed", "CREATE_FAILED")
    return active, failed


def only(key: str, value: str, condition: str = "IS") -> dict[str, str]:
    return {"Key": key, "Value": value, "Condition": condition}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([only("Status", "ACTIVE")], [0]),
        ([only("Status", "ACTIVE", "IS_NOT")], [1]),
        ([only("DatasetGroupArn", f"{ARN}/two")], [1]),
        ([only("Status", "ACTIVE"), only("DatasetGroupArn", f"{ARN}/two")], []),
        ([], [1, 0]),
    ],
)
def test_all_filters_apply(
    amazon: Amazon,
    two_predictors: tuple[str, str],
    filters: list[dict[str, str]],
    expected: list[int],
) -> None:
    listed = amazon.forecast.list_predictors(Filters=filters)["Predictors"]

    assert [p["PredictorArn"] for p in listed] == [two_predictors[index] for index in expected]


def test_jobs_and_forecasts_are_found_by_their_parents(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset)
    predictor = amazon.predictor(amazon.group(dataset))
    amazon.make_forecast(predictor)
    forecast = amazon.forecast

    jobs = forecast.list_dataset_import_jobs(Filters=[only("DatasetArn", dataset)])
    none = forecast.list_dataset_import_jobs(Filters=[only("DatasetArn", dataset, "IS_NOT")])
    forecasts = forecast.list_forecasts(Filters=[only("PredictorArn", predictor)])

    assert (len(jobs["DatasetImportJobs"]), none["DatasetImportJobs"]) == (1, [])
    assert len(forecasts["Forecasts"]) == 1


def test_a_filter_key_of_another_operation_is_refused(amazon: Amazon) -> None:
    filters = [only("PredictorArn", "x")]

    assert refusal(amazon.forecast.list_predictors, Filters=filters) == (
        "InvalidInputException",
        "'PredictorArn' is not a filter key of ListPredictors. Allowed are: "
        "DatasetGroupArn, Status.",
    )


def test_a_token_fits_only_its_operation_and_filters(amazon: Amazon) -> None:
    many_groups(amazon, 2)
    token = amazon.forecast.list_dataset_groups(MaxResults=1)["NextToken"]

    assert refusal(amazon.forecast.list_datasets, NextToken=token) == (
        "InvalidNextTokenException",
        "The NextToken was not issued by ListDatasets with these filters. Leave it out to start "
        "with the first page.",
    )
    code, _ = refusal(
        amazon.forecast.list_predictors,
        NextToken=next_token("ListPredictors", [], 5),
        Filters=[only("Status", "ACTIVE")],
    )
    assert code == "InvalidNextTokenException"


@pytest.mark.parametrize("token", ["x", "????", "bnVsbA==", "e30=", "W10=", "ä"])
def test_a_token_that_was_never_issued_is_refused(amazon: Amazon, token: str) -> None:
    code, _ = refusal(amazon.forecast.list_forecasts, NextToken=token)

    assert code == "InvalidNextTokenException"


def test_a_token_expires_after_a_day(amazon: Amazon) -> None:
    yesterday = time.time() - 24 * 3600 - 1
    token = next_token("ListForecasts", [], 5, issued_at=yesterday)

    assert refusal(amazon.forecast.list_forecasts, NextToken=token) == (
        "InvalidNextTokenException",
        "The NextToken is older than 24 hours. Leave it out to start with the first page.",
    )
