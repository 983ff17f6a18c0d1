"""The command `keys`."""

from __future__ import annotations

import json
from typing import Any

import pytest


def test_a_key_for_aws_sdks_is_printed_as_their_variables(forecast_service: Any) -> None:
    made = forecast_service("keys", "create", "sdk", "--aws", "--account", "123456789012")
    listed = json.loads(forecast_service("keys", "list", "--json").stdout)[0]
    plain = json.loads(forecast_service("keys", "create", "plain", "--json").stdout)

    key, access_key_id, secret = made.stdout.splitlines()
    assert key.startswith("fsk_")
    assert access_key_id == f"AWS_ACCESS_KEY_ID={listed['aws_access_key_id']}"
    assert secret.startswith("AWS_SECRET_ACCESS_KEY=fska_")
    assert listed["account_id"] == "123456789012"
    assert plain["aws_secret_access_key"] is plain["aws_access_key_id"] is None


def test_a_key_is_made_listed_and_revoked(forecast_service: Any) -> None:
    made = forecast_service("keys", "create", "till", "--scope", "import", "--days", "30")
    listed = json.loads(forecast_service("keys", "list", "--json").stdout)
    revoked = forecast_service("keys", "revoke", "till")

    assert made.exit_code == 0
    assert made.stdout.startswith("fsk_")
    assert "shown this once" in made.stderr
    assert [(key["name"], key["scopes"]) for key in listed] == [("till", ["import"])]
    assert listed[0]["created_by"] == "command line"
    assert listed[0]["expires_at"] is not None
    assert revoked.exit_code == 0
    assert json.loads(forecast_service("keys", "list", "--json").stdout)[0]["revoked_at"]


def test_the_list_shows_the_state_of_every_key(forecast_service: Any) -> None:
    for name in ("a", "b", "c"):
        forecast_service("keys", "create", name, "--scope", "read")
    forecast_service("keys", "revoke", "b")

    lines = forecast_service("keys", "list").stdout.splitlines()

    cells = {line.split("\t")[1]: line.split("\t")[3:6] for line in lines[1:]}
    assert cells == {
        "a": ["read", "all stores", "valid"],
        "b": ["read", "all stores", "revoked"],
        "c": ["read", "all stores", "valid"],
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "a", "--store", "7"), "Error: Store '7' is unknown: there are 0 stores, none."),
        (
            ("create", "a", "--region", "North"),
            "Error: Region 'North' is unknown: the regions are nothing.",
        ),
        (
            ("revoke", "a"),
            "Error: Key 'a' does not exist. 'forecast-service keys list' lists them.",
        ),
    ],
)
def test_a_refusal_is_one_sentence(
    forecast_service: Any, arguments: tuple[str, ...], sentence: str
) -> None:
    result = forecast_service("keys", *arguments)

    assert result.exit_code == 1
    assert result.stderr.startswith(sentence)
