"""AWS that moto simulates behind a real socket: S3, IAM and STS, with IAM's permissions."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

NEVER = 10**9  # actions before moto begins to check permissions
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class SimulatedAws:
    """An empty AWS account with the bucket ``chain``; every ``client`` may do everything."""

    url: str
    monkeypatch: pytest.MonkeyPatch

    def client(self, service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="everything",
            aws_secret_access_key="everything",
        )

    @property
    def s3(self) -> Any:
        return self.client("s3")

    def reset(self) -> None:
        """Empty the account, and make the bucket."""
        self._ask("reset", b"")
        self._ask("reset-auth", str(NEVER).encode())
        place = {"LocationConstraint": "eu-west-1"}
        self.s3.create_bucket(Bucket="chain", CreateBucketConfiguration=place)

    def use(self, key_id: str = "nobody", secret: str = "nothing") -> None:
        """Make this account the AWS of the service, with environment variables alone."""
        for service in ("S3", "STS"):
            self.monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", self.url)
        self.monkeypatch.setenv("AWS_ACCESS_KEY_ID", key_id)
        self.monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)

    def put(self, key: str, content: str | bytes) -> str:
        """Store an object; return its address."""
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket="chain", Key=key, Body=body)
        return f"s3://chain/{key}"

    def get(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket="chain", Key=key)["Body"].read())

    def keys(self, prefix: str = "") -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="chain", Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", ())]

    def use_user(self, *actions: str) -> None:
        """Make the service call as a user who may do these actions only."""
        iam = self.client("iam")
        iam.create_user(UserName="worker")
        if actions:
            iam.put_user_policy(UserName="worker", PolicyName="own", PolicyDocument=allow(*actions))
        key = iam.create_access_key(UserName="worker")["AccessKey"]
        self.use(key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, name: str, *actions: str) -> str:
        """A role that anybody may assume, and that may do these actions only; its ARN."""
        iam = self.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        if actions:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=allow(*actions))
        return str(role["Role"]["Arn"])

    @contextmanager
    def permissions(self) -> Iterator[None]:
        """Permissions count within the block."""
        self._ask("reset-auth", b"0")
        try:
            yield
        finally:
            self._ask("reset-auth", str(NEVER).encode())

    def _ask(self, what: str, data: bytes) -> None:
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{self.url}/moto-api/{what}", data, plain, method="POST")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
