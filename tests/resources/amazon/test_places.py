"""Regions and accounts: every one has resources of its own, with its own ARNs."""

from __future__ import annotations

from typing import Any

import pytest

from .callers import OTHER_ACCOUNT, OWN_ACCOUNT, Endpoint, refusal

PLACES = (
    ("pipeline", "eu-west-1", OWN_ACCOUNT),
    ("pipeline", "us-east-1", OWN_ACCOUNT),
    ("other account", "eu-west-1", OTHER_ACCOUNT),
)
GROUP = {"DatasetGroupName": "chain", "Domain": "RETAIL"}
NOT_FOUND = "ResourceNotFoundException"


def group_names(client: Any) -> list[str]:
    groups = client.list_dataset_groups()["DatasetGroups"]
    return [group["DatasetGroupArn"] for group in groups]


@pytest.fixture(scope="module")
def groups(endpoint: Endpoint) -> dict[str, Any]:
    """A dataset group of the same name in every place, and the client that made it."""
    made = {}
    for caller, region, _ in PLACES:
        client = endpoint.client(caller, region=region)
        made[client.create_dataset_group(**GROUP)["DatasetGroupArn"]] = client
    return made


def test_an_arn_has_the_region_and_the_account_of_its_maker(groups: dict[str, Any]) -> None:
    assert list(groups) == [
        f"arn:aws:forecast:{region}:{account}:dataset-group/chain" for _, region, account in PLACES
    ]


def test_other_regions_and_accounts_are_neither_listed_nor_found(groups: dict[str, Any]) -> None:
    for arn, client in groups.items():
        assert group_names(client) == [arn]
        for other in set(groups) - {arn}:
            assert refusal(client.describe_dataset_group, DatasetGroupArn=other)[1] == NOT_FOUND
            assert refusal(client.delete_dataset_group, DatasetGroupArn=other)[1] == NOT_FOUND
            assert refusal(client.list_tags_for_resource, ResourceArn=other)[1] == NOT_FOUND
            assert refusal(client.delete_resource_tree, ResourceArn=other)[1] == NOT_FOUND


def test_a_name_is_taken_in_its_own_place_only(groups: dict[str, Any]) -> None:
    for arn, client in groups.items():
        _, code, sentence = refusal(client.create_dataset_group, **GROUP)

        assert (code, sentence) == (
            "ResourceAlreadyExistsException",
            f"A dataset group already exists with the arn: {arn}",
        )


def test_resources_of_other_places_can_not_be_used_as_parents(
    endpoint: Endpoint, groups: dict[str, Any]
) -> None:
    schema = {
        "Attributes": [
            {"AttributeName": "item_id", "AttributeType": "string"},
            {"AttributeName": "timestamp", "AttributeType": "timestamp"},
            {"AttributeName": "demand", "AttributeType": "float"},
        ]
    }
    arns = list(groups)
    dataset = groups[arns[1]].create_dataset(
        DatasetName="sales", Domain="RETAIL", DatasetType="TARGET_TIME_SERIES", Schema=schema
    )["DatasetArn"]
    update = groups[arns[0]].update_dataset_group

    found = refusal(update, DatasetGroupArn=arns[0], DatasetArns=[dataset])

    assert found[1] == NOT_FOUND
    assert groups[arns[1]].update_dataset_group(DatasetGroupArn=arns[1], DatasetArns=[dataset])


def test_the_service_itself_sees_only_its_own_place(
    endpoint: Endpoint, groups: dict[str, Any]
) -> None:
    assert group_names(endpoint.service.session.forecast) == [next(iter(groups))]


def test_an_arn_of_another_type_is_not_found(endpoint: Endpoint, groups: dict[str, Any]) -> None:
    arn, client = next(iter(groups.items()))

    assert refusal(client.describe_predictor, PredictorArn=arn)[1] == NOT_FOUND
    assert refusal(client.create_forecast, ForecastName="a", PredictorArn=arn)[1] == NOT_FOUND
    assert client.list_forecasts()["Forecasts"] == []
