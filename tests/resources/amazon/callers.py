"""Callers with AWS access keys: through boto3, and with requests that they signed themselves."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from forecast_service.service import Service

OWN_ACCOUNT = "000000000000"
OTHER_ACCOUNT = "123456789012"
CALLERS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "reader": (("read",), None),
    "trainer": (("read", "train"), None),
    "importer": (("import",), None),
    "pipeline": (("read", "train", "import"), None),
    "other account": (("read", "train", "import"), OTHER_ACCOUNT),
    "revoked": (("read",), None),
    "ended": (("read",), None),
    "unused": (("read",), None),
}
JSON = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Access:
    """An AWS access key."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class Answer:
    """The answer to a request that was signed by hand."""

    status: int
    document: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.document["__type"])

    @property
    def message(self) -> str:
        return str(self.document["Message"])


@dataclass(frozen=True)
class Endpoint:
    """The running service."""

    url: str
    access: Mapping[str, Access]
    service: Service

    def client(
        self, caller: str, service: str = "forecast", region: str = "eu-west-1", **options: Any
    ) -> Any:
        """A boto3 client of this caller."""
        access = self.access[caller]
        arguments = {
            "endpoint_url": self.url,
            "aws_access_key_id": access.key_id,
            "aws_secret_access_key": access.secret,
            "config": Config(retries={"total_max_attempts": 1}),
            **options,
        }
        return boto3.client(service, region_name=region, **arguments)  # type: ignore[call-overload]

    def send(self, headers: Mapping[str, str], body: bytes = b"{}", query: str = "") -> Answer:
        """Send a request as it is."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
        try:
            connection.request("POST", f"{address.path}{query}", body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()))
        finally:
            connection.close()

    def signed(self, caller: str, **parts: Any) -> dict[str, str]:
        """The headers of a signed request."""
        return Signed(self.access[caller], urlsplit(self.url).netloc, **parts).headers()


@dataclass(frozen=True)
class Signed:
    """A request that is signed by hand; each part can differ from what an SDK would send."""

    access: Access
    host: str
    service: str = "forecast"
    region: str = "eu-west-1"
    body: bytes = b"{}"
    at: datetime | None = None
    target: str = "AmazonForecast.ListPredictors"
    content_type: str = JSON
    more: Mapping[str, str] = field(default_factory=dict)
    query: str = ""

    def headers(self) -> dict[str, str]:
        headers = {
            "Host": self.host,
            "Content-Type": self.content_type,
            "X-Amz-Target": self.target,
            **self.more,
        }
        url = f"http://{self.host}/aws{self.query}"
        request = AWSRequest("POST", url, headers, self.body)
        signer = SigV4Auth(
            Credentials(self.access.key_id, self.access.secret), self.service, self.region
        )
        if self.at is None:
            signer.add_auth(request)
        else:
            request.context["timestamp"] = self.at.strftime("%Y%m%dT%H%M%SZ")
            signer._modify_request_before_signing(request)
            text = signer.string_to_sign(request, signer.canonical_request(request))
            signer._inject_signature_to_request(request, signer.signature(text, request))
        return dict(request.headers.items())


def refusal(call: Any, **params: Any) -> tuple[int, str, str]:
    """Status, code and sentence with which a call of boto3 is refused."""
    try:
        call(**params)
    except ClientError as error:
        found = error.response
        status = found["ResponseMetadata"]["HTTPStatusCode"]
        return status, found["Error"]["Code"], found["Error"]["Message"]
    raise AssertionError("the call was not refused")
