"""Dataset groups."""

from __future__ import annotations

import time

from ..amazon import Amazon, refusal

RELATED = "RELATED_TIME_SERIES"


def test_a_group_names_its_datasets(amazon: Amazon) -> None:
    sales, promotions = amazon.dataset(), amazon.dataset("promotions", RELATED)

    arn = amazon.group(sales, promotions)

    described = amazon.forecast.describe_dataset_group(DatasetGroupArn=arn)
    assert arn == "arn:aws:forecast:eu-west-1:000000000000:dataset-group/chain"
    assert described["DatasetArns"] == [sales, promotions]
    assert (described["DatasetGroupName"], described["Status"]) == ("chain", "ACTIVE")
    assert set(described) == {
        "DatasetGroupName",
        "DatasetGroupArn",
        "DatasetArns",
        "Domain",
        "Status",
        "CreationTime",
        "LastModificationTime",
    }


def test_an_update_replaces_the_datasets_of_a_group(amazon: Amazon) -> None:
    sales, promotions = amazon.dataset(), amazon.dataset("promotions", RELATED)
    group = amazon.group(sales)
    time.sleep(0.01)

    answer = amazon.forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=[promotions])

    described = amazon.forecast.describe_dataset_group(DatasetGroupArn=group)
    assert answer == {}
    assert described["DatasetArns"] == [promotions]
    assert described["LastModificationTime"] > described["CreationTime"]


def test_a_group_holds_one_dataset_of_each_type(amazon: Amazon) -> None:
    sales, more = amazon.dataset(), amazon.dataset("more")
    group = amazon.group(sales)

    error = refusal(
        amazon.forecast.update_dataset_group, DatasetGroupArn=group, DatasetArns=[sales, more]
    )

    assert error == (
        "InvalidInputException",
        f"The datasets '{sales}' and '{more}' are both of type TARGET_TIME_SERIES. A dataset group "
        "holds at most one dataset of each type.",
    )


def test_a_group_and_its_datasets_have_one_domain(amazon: Amazon) -> None:
    sales = amazon.dataset()

    error = refusal(
        amazon.forecast.create_dataset_group,
        DatasetGroupName="chain",
        Domain="CUSTOM",
        DatasetArns=[sales],
    )

    assert error == (
        "InvalidInputException",
        f"The dataset '{sales}' has domain 'RETAIL', but the dataset group has 'CUSTOM'. All must "
        "have the same.",
    )


def test_a_group_with_an_unknown_dataset_is_refused(amazon: Amazon) -> None:
    unknown = "arn:aws:forecast:eu-west-1:000000000000:dataset/nowhere"

    error = refusal(
        amazon.forecast.create_dataset_group,
        DatasetGroupName="chain",
        Domain="RETAIL",
        DatasetArns=[unknown],
    )

    assert error == (
        "ResourceNotFoundException",
        f"No dataset exists with the arn: {unknown}. ListDatasets shows those that exist.",
    )


def test_a_name_is_unique_within_a_type(amazon: Amazon) -> None:
    amazon.group(name="sales")
    amazon.dataset("sales")

    assert refusal(
        amazon.forecast.create_dataset_group, DatasetGroupName="sales", Domain="RETAIL"
    ) == (
        "ResourceAlreadyExistsException",
        "A dataset group already exists with the arn: "
        "arn:aws:forecast:eu-west-1:000000000000:dataset-group/sales",
    )


def test_a_deleted_dataset_stays_in_the_list_of_its_group(amazon: Amazon) -> None:
    sales = amazon.dataset()
    group = amazon.group(sales)

    amazon.forecast.delete_dataset(DatasetArn=sales)

    described = amazon.forecast.describe_dataset_group(DatasetGroupArn=group)
    assert described["DatasetArns"] == [sales]
