"""`forecast-service aws setup`: what an account lacks is made, step by step."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from aws_stand_in import Aws, aws
from click.testing import Result
from support import import_small_chain

from forecast_service.amazon.account.prices import estimate
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["aws"]

Command = Callable[..., Result]


@pytest.fixture
def with_data(
    aws: Aws, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Aws:
    """An account without bucket and role, and a home with two stores."""
    aws.account.s3.delete_bucket(Bucket="forecast-service")
    import_small_chain(open_session(settings, database), settings, database, stores=2, days=60)
    monkeypatch.setenv("FORECAST_POLL_SECONDS", "0.2")
    return aws


def states(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return {step["what"]: step["state"] for step in document["steps"]}


def test_the_set_up_makes_everything_and_repeats_nothing(
    with_data: Aws, forecast_service: Command
) -> None:
    dry = forecast_service("aws", "setup", "--dry-run", "--json")
    assert set(states(dry).values()) == {"missing"}
    cost = json.loads(dry.stdout)["estimate"]
    assert cost["points"] == 2 * 15 * 3  # stores, days, quantiles
    assert forecast_service("aws", "setup", "--dry-run", "--json").stdout == dry.stdout

    first = forecast_service("aws", "setup", "--json")
    assert list(states(first)) == ["bucket", "role", "dataset group", "import"]
    assert set(states(first).values()) == {"made"}
    assert json.loads(first.stdout)["role_arn"].endswith(":role/forecast-service")
    assert with_data.files == []

    account = with_data.account
    blocked = account.s3.get_public_access_block(Bucket="forecast-service")
    assert set(blocked["PublicAccessBlockConfiguration"].values()) == {True}
    policy = account.client("iam").get_role_policy(RoleName="forecast-service", PolicyName="bucket")
    resources = {s["Resource"] for s in policy["PolicyDocument"]["Statement"]}
    assert resources == {"arn:aws:s3:::forecast-service", "arn:aws:s3:::forecast-service/*"}

    assert set(states(forecast_service("aws", "setup", "--json")).values()) == {"exists"}

    account.client("iam").delete_role_policy(RoleName="forecast-service", PolicyName="bucket")
    again = states(forecast_service("aws", "setup", "--json"))
    assert again == {**dict.fromkeys(again, "exists"), "role": "made"}


@pytest.mark.slow
def test_a_dry_run_says_the_cost_in_words(with_data: Aws, forecast_service: Command) -> None:
    result = forecast_service("aws", "setup", "--dry-run")

    assert "bucket\ts3://forecast-service\tmissing" in result.stdout
    assert "One import, training and forecast cost about $" in result.stderr
    assert with_data.account.s3.list_buckets()["Buckets"][0]["Name"] == "chain"


def test_without_credentials_nothing_is_made(
    forecast_service: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    result = forecast_service("aws", "setup")

    assert result.exit_code == 1
    assert "No AWS credentials were found" in result.stderr


def test_data_points_cost_less_the_more_they_are() -> None:
    costs = [
        estimate(gigabytes=0, series=series, horizon=100, types=1).forecast_cost
        for series in (1_000, 10_000, 500_000, 600_000)
    ]

    assert costs == [200.0, 920.0, 10_720.0, 10_920.0]
