"""`forecast-service check` with Amazon Forecast: credentials, endpoint, bucket, role."""

from __future__ import annotations

import json

import pytest
from aws_stand_in import Aws, aws

from forecast_service.amazon.checking import check_amazon
from forecast_service.settings import Settings

__all__ = ["aws"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"backend": "auto", "aws_attempts": 1})


def findings(settings: Settings) -> dict[str, str]:
    """The sentence about each part; refusals begin with ``no:``."""
    return {
        name: found if error is None else f"no: {error.detail}"
        for name, found, error in check_amazon(settings)
    }


def test_everything_is_there(aws: Aws, settings: Settings) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "forecast.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = aws.account.client("iam").create_role(
        RoleName="forecast-service", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    found = findings(settings.model_copy(update={"role_arn": role["Arn"]}))

    assert list(found) == ["credentials", "endpoint", "bucket", "role"]
    assert not [text for text in found.values() if text.startswith("no:")]
    assert found["endpoint"] == f"Amazon Forecast answers at {aws.url}/aws"
    assert aws.files == []


def test_each_part_that_cannot_be_used_is_named(aws: Aws, settings: Settings) -> None:
    arn = aws.account.role("reader")
    aws.account.s3.delete_bucket(Bucket="forecast-service")
    aws.go()
    found = findings(settings.model_copy(update={"role_arn": arn}))

    assert found["endpoint"].startswith("no: Amazon Forecast cannot be reached")
    assert "NoSuchBucket" in found["bucket"]
    assert found["role"] == (
        f"no: Amazon Forecast may not assume the role '{arn}': its trust policy does not name "
        "'forecast.amazonaws.com'. Add it."
    )
    absent = findings(settings.model_copy(update={"role_arn": f"{arn}s"}))
    assert absent["role"].startswith(f"no: The role '{arn}s' of FORECAST_ROLE_ARN does not exist.")
