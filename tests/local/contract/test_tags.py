"""Tags of resources."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from forecast_service.storage.tables import tags

from ..amazon import Amazon, refusal


def tag(key: str, value: str = "x") -> dict[str, str]:
    return {"Key": key, "Value": value}


def test_tags_are_merged_and_removed(amazon: Amazon) -> None:
    arn = amazon.forecast.create_dataset_group(
        DatasetGroupName="chain", Domain="RETAIL", Tags=[tag("team", "blue"), tag("Team", "red")]
    )["DatasetGroupArn"]

    assert amazon.forecast.tag_resource(ResourceArn=arn, Tags=[tag("team", "green")]) == {}
    merged = amazon.forecast.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert amazon.forecast.untag_resource(ResourceArn=arn, TagKeys=["Team", "none"]) == {}
    remaining = amazon.forecast.list_tags_for_resource(ResourceArn=arn)["Tags"]

    assert merged == [tag("Team", "red"), tag("team", "green")]
    assert remaining == [tag("team", "green")]


def test_a_deleted_resource_loses_its_tags(amazon: Amazon) -> None:
    group = amazon.group()
    amazon.forecast.tag_resource(ResourceArn=group, Tags=[tag("team")])

    amazon.forecast.delete_dataset_group(DatasetGroupArn=group)

    with amazon.database.read() as connection:
        assert connection.execute(sa.select(tags)).all() == []


@pytest.mark.parametrize(
    ("tags", "code", "sentence"),
    [
        (
            [tag("a"), tag("a")],
            "InvalidInputException",
            "Tag key 'a' is given twice. Give each key once.",
        ),
        (
            [tag("AWS:team")],
            "InvalidInputException",
            "Tag key 'AWS:team' starts with 'aws:', which is reserved for AWS. Use another prefix.",
        ),
        (
            [tag(f"key{number}") for number in range(51)],
            "LimitExceededException",
            "'arn:aws:forecast:eu-west-1:000000000000:dataset-group/chain' would have 51 tags; at "
            "most 50 are allowed. Remove some with UntagResource.",
        ),
    ],
)
def test_tags_outside_the_rules_are_refused(
    amazon: Amazon, tags: list[dict[str, str]], code: str, sentence: str
) -> None:
    error = refusal(
        amazon.forecast.create_dataset_group,
        DatasetGroupName="chain",
        Domain="RETAIL",
        Tags=tags,
    )

    assert error == (code, sentence)
    assert amazon.forecast.list_dataset_groups() == {"DatasetGroups": []}
