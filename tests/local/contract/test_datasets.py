"""Datasets and dataset groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ..amazon import FIELDS, Amazon, refusal, schema

TARGET, RELATED, METADATA = FIELDS


def test_a_dataset_is_active_at_once_and_described_as_it_was_created(amazon: Amazon) -> None:
    arn = amazon.dataset("sales", location="string")

    described = amazon.forecast.describe_dataset(DatasetArn=arn)

    created_at = described.pop("CreationTime")
    assert datetime.now(UTC) - created_at < timedelta(minutes=1)
    assert described.pop("LastModificationTime") == created_at
    assert described == {
        "DatasetArn": "arn:aws:forecast:eu-west-1:000000000000:dataset/sales",
        "DatasetName": "sales",
        "Domain": "RETAIL",
        "DatasetType": TARGET,
        "DataFrequency": "D",
        "Schema": schema({**FIELDS[TARGET], "location": "string"}),
        "EncryptionConfig": {},
        "Status": "ACTIVE",
    }


@pytest.mark.parametrize(
    ("domain", "fields"),
    [
        ("RETAIL", {"item_id": "string", "demand": "float"}),
        ("CUSTOM", {"item_id": "string", "target_value": "integer"}),
        ("CUSTOM", {"item_id": "string", "target_value": "float", "any": "string"}),
        ("INVENTORY_PLANNING", {"item_id": "string", "demand": "float", "location": "string"}),
        ("EC2_CAPACITY", {"instance_type": "string", "number_of_instances": "integer"}),
        ("WORK_FORCE", {"workforce_type": "string", "workforce_demand": "integer"}),
        ("WEB_TRAFFIC", {"item_id": "string", "value": "float"}),
        ("METRICS", {"metric_name": "string", "metric_value": "float"}),
    ],
)
def test_each_domain_takes_its_own_fields(
    amazon: Amazon, domain: str, fields: dict[str, str]
) -> None:
    arn = amazon.forecast.create_dataset(
        DatasetName="sales",
        Domain=domain,
        DatasetType=TARGET,
        Schema=schema({**fields, "timestamp": "timestamp"}),
    )["DatasetArn"]

    assert amazon.forecast.describe_dataset(DatasetArn=arn)["Domain"] == domain


DIMENSIONS = {f"dimension_{number}": "string" for number in range(11)}

REFUSED_SCHEMAS: list[tuple[str, str, dict[str, str], str]] = [
    (
        "RETAIL",
        TARGET,
        {"item_id": "string", "timestamp": "timestamp"},
        "Attribute 'demand' is missing; TARGET_TIME_SERIES of domain 'RETAIL' needs it with type "
        "'float'. Add it to the schema.",
    ),
    (
        "RETAIL",
        TARGET,
        {**FIELDS[TARGET], "demand": "integer"},
        "Attribute 'demand' has type 'integer'; TARGET_TIME_SERIES of domain 'RETAIL' needs "
        "'float'.",
    ),
    (
        "RETAIL",
        TARGET,
        {**FIELDS[TARGET], "price": "float"},
        "Attribute 'price' has type 'float'; a dimension of TARGET_TIME_SERIES must be "
        "'string' or 'geolocation'.",
    ),
    (
        "RETAIL",
        TARGET,
        {**FIELDS[TARGET], **DIMENSIONS},
        "The schema has 14 attributes; TARGET_TIME_SERIES may have at most 13. Leave out "
        "the least useful ones.",
    ),
    (
        "RETAIL",
        RELATED,
        {**FIELDS[RELATED], "demand": "float"},
        "Attribute 'demand' is the target; RELATED_TIME_SERIES must not contain it. Move it to "
        "TARGET_TIME_SERIES.",
    ),
    (
        "RETAIL",
        RELATED,
        {**FIELDS[RELATED], "until": "timestamp"},
        "Attribute 'until' has type 'timestamp'; a feature or dimension of RELATED_TIME_SERIES "
        "must be 'integer' or 'float' or 'string' or 'geolocation'.",
    ),
    (
        "RETAIL",
        METADATA,
        {"item_id": "string", "size": "float"},
        "Attribute 'size' has type 'float'; an attribute of ITEM_METADATA must be 'string' "
        "or 'geolocation'.",
    ),
    (
        "EC2_CAPACITY",
        METADATA,
        {"instance_type": "string"},
        "Domain 'EC2_CAPACITY' has no ITEM_METADATA. Use TARGET_TIME_SERIES or "
        "RELATED_TIME_SERIES.",
    ),
    (
        "RETAIL",
        RELATED,
        {**FIELDS[RELATED], "ZONE": "float"},
        "Attribute 'ZONE' is a reserved word. Choose another name, such as 'zone_field'.",
    ),
]


@pytest.mark.parametrize(("domain", "type_", "fields", "sentence"), REFUSED_SCHEMAS)
def test_a_schema_that_does_not_fit_is_refused(
    amazon: Amazon, domain: str, type_: str, fields: dict[str, str], sentence: str
) -> None:
    error = refusal(
        amazon.forecast.create_dataset,
        DatasetName="sales",
        Domain=domain,
        DatasetType=type_,
        DataFrequency="D",
        Schema=schema(fields),
    )

    assert error == ("InvalidInputException", sentence)
    assert amazon.forecast.list_datasets() == {"Datasets": []}


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (None, "The schema has no attributes. Name every column, in order."),
        ([{"AttributeName": "a"}], "Attribute 1 of the schema has no AttributeType. Give it one."),
        (
            schema(FIELDS[TARGET])["Attributes"] * 2,
            "Attribute 'item_id' is in the schema twice. Give each name once.",
        ),
    ],
)
def test_an_incomplete_schema_is_refused(amazon: Amazon, attributes: Any, sentence: str) -> None:
    error = refusal(
        amazon.forecast.create_dataset,
        DatasetName="sales",
        Domain="RETAIL",
        DatasetType=TARGET,
        Schema={} if attributes is None else {"Attributes": attributes},
    )

    assert error == ("InvalidInputException", sentence)


def test_a_related_time_series_needs_its_frequency(amazon: Amazon) -> None:
    error = refusal(
        amazon.forecast.create_dataset,
        DatasetName="promotions",
        Domain="RETAIL",
        DatasetType=RELATED,
        Schema=schema(FIELDS[RELATED]),
    )

    assert error == (
        "InvalidInputException",
        "A RELATED_TIME_SERIES dataset needs 'DataFrequency'. Give that of its rows, such as 'D'.",
    )


@pytest.mark.parametrize("code", ["D", "15min", "2W", "3M", "59min", "23H", "1Y"])
def test_a_frequency_is_kept_as_given(amazon: Amazon, code: str) -> None:
    arn = amazon.forecast.create_dataset(
        DatasetName="sales",
        Domain="RETAIL",
        DatasetType=TARGET,
        DataFrequency=code,
        Schema=schema(FIELDS[TARGET]),
    )["DatasetArn"]

    assert amazon.forecast.describe_dataset(DatasetArn=arn)["DataFrequency"] == code


@pytest.mark.parametrize("code", ["60min", "24H", "7D", "2Y", "0D", "d", "day"])
def test_a_frequency_outside_the_grammar_is_refused(amazon: Amazon, code: str) -> None:
    code_, sentence = refusal(
        amazon.forecast.create_dataset,
        DatasetName="sales",
        Domain="RETAIL",
        DatasetType=TARGET,
        DataFrequency=code,
        Schema=schema(FIELDS[TARGET]),
    )

    assert code_ == "InvalidInputException"
    assert sentence.startswith(f"'DataFrequency': '{code}' is not a frequency.")
