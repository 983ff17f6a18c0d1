"""Signatures of AWS SDKs: what is accepted, and how each fault is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .callers import JSON, Access, Endpoint, Signed, refusal

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)
INVALID_TOKEN = "The security token included in the request is invalid."
INCOMPLETE = "IncompleteSignatureException"
INVALID = "InvalidSignatureException"


def test_boto3_is_answered_when_it_signs_with_a_key(endpoint: Endpoint) -> None:
    assert endpoint.client("reader").list_predictors()["Predictors"] == []
    query = endpoint.client("reader", "forecastquery")
    answer = refusal(query.query_forecast, ForecastArn="arn:aws:forecast:x", Filters={"a": "b"})
    assert answer[1] != "AccessDeniedException"


def test_every_name_of_the_host_will_do(endpoint: Endpoint) -> None:
    for host in ("localhost:5000", "forecast.example", "host.docker.internal:8080", "10.0.0.7"):
        headers = Signed(endpoint.access["reader"], host).headers()

        assert endpoint.send(headers).status == 200, host


def test_a_wrong_secret_is_refused(endpoint: Endpoint) -> None:
    client = endpoint.client("reader", aws_secret_access_key="fska_" + "0" * 48)

    assert refusal(client.list_predictors) == (400, INVALID, MISMATCH)


@pytest.mark.parametrize("caller", ["revoked", "unknown"])
def test_a_key_that_does_not_exist_is_refused(endpoint: Endpoint, caller: str) -> None:
    access = endpoint.access.get(caller, Access("FSKAAAAAAAAAAAAAAAAA", "fska_secret"))
    client = endpoint.client(
        "reader", aws_access_key_id=access.key_id, aws_secret_access_key=access.secret
    )

    assert refusal(client.list_predictors) == (400, "UnrecognizedClientException", INVALID_TOKEN)


def test_a_key_that_has_ended_is_refused(endpoint: Endpoint) -> None:
    assert refusal(endpoint.client("ended").list_predictors) == (
        400,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )


def test_a_session_token_is_refused(endpoint: Endpoint) -> None:
    client = endpoint.client("reader", aws_session_token="of-a-temporary-key")

    assert refusal(client.list_predictors) == (400, "UnrecognizedClientException", INVALID_TOKEN)


@pytest.mark.parametrize("minutes", [-4.9, -1, 0, 4.9])
def test_a_clock_may_be_off_by_almost_five_minutes(endpoint: Endpoint, minutes: float) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)

    assert endpoint.send(endpoint.signed("reader", at=at)).status == 200


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-6, r"Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)"),
        (6, r"Signature not yet current: \w+ is still later than \w+ \(\w+ \+ 5 min\.\)"),
    ],
)
def test_a_clock_that_is_far_off_is_refused(endpoint: Endpoint, minutes: int, words: str) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)

    answer = endpoint.send(endpoint.signed("reader", at=at))

    assert (answer.status, answer.code) == (400, INVALID)
    assert at.strftime("%Y%m%dT%H%M%SZ") in answer.message
    assert re.fullmatch(words, answer.message)


def test_without_a_signature_nobody_is_answered(endpoint: Endpoint) -> None:
    headers = {"Content-Type": JSON, "X-Amz-Target": "AmazonForecast.ListPredictors"}

    answer = endpoint.send(headers)

    assert (answer.status, answer.code) == (400, "MissingAuthenticationTokenException")
    assert answer.message == "Missing Authentication Token"


def test_an_api_key_in_a_header_is_no_signature(endpoint: Endpoint) -> None:
    _, text = endpoint.service.keys.create("plain", ["read"], created_by="test")

    answer = endpoint.send({"Authorization": f"Bearer {text}", "Content-Type": JSON})

    assert answer.code == "MissingAuthenticationTokenException"


def test_a_presigned_address_is_refused(endpoint: Endpoint) -> None:
    access = endpoint.access["reader"]
    request = AWSRequest("POST", endpoint.url, {"X-Amz-Target": "AmazonForecast.ListPredictors"})
    signer = SigV4QueryAuth(Credentials(access.key_id, access.secret), "forecast", "eu-west-1")
    signer.add_auth(request)

    answer = endpoint.send({"Content-Type": JSON}, query=f"?{request.url.partition('?')[2]}")

    assert answer.code == "MissingAuthenticationTokenException"
    assert "presigned URL is not accepted" in answer.message


def edited(old: str, new: str) -> Callable[[dict[str, str]], None]:
    """Changes the Authorization header."""

    def edit(headers: dict[str, str]) -> None:
        assert old in headers["Authorization"]
        headers["Authorization"] = headers["Authorization"].replace(old, new)

    return edit


def changed(name: str, value: str | None) -> Callable[[dict[str, str]], None]:
    """Changes or removes a header after signing."""

    def change(headers: dict[str, str]) -> None:
        headers.pop(name, None)
        if value is not None:
            headers[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        (changed("X-Amz-Target", "AmazonForecast.ListDatasets"), INVALID, MISMATCH),
        (changed("Content-Type", f"{JSON}; charset=utf-8"), INVALID, MISMATCH),
        (changed("Host", "other.example"), INVALID, MISMATCH),
        (edited("Signature=", "Signature=0"), INVALID, MISMATCH),
        (edited("Signature=", "Signature=é"), INVALID, MISMATCH),
        (edited("host;", ""), INVALID, "'Host' or ':authority' must be a 'SignedHeader'"),
        (edited(";x-amz-target", ""), INVALID, "'x-amz-target' must be a 'SignedHeader'"),
        (edited("AWS4-HMAC-SHA256 ", "AWS4-HMAC-MD5 "), INCOMPLETE, "Unsupported AWS 'algorithm'"),
        (edited("SignedHeaders=", "SignedHeaders:"), INCOMPLETE, "missing equal-sign"),
        (edited("SignedHeaders=", "Signature="), INCOMPLETE, "'Signature' not a valid key=value"),
        (edited("SignedHeaders=", "Other="), INCOMPLETE, "requires 'SignedHeaders' parameter."),
        (edited("/aws4_request", ""), INCOMPLETE, "must have exactly 5 slash-delimited elements"),
        (edited("/aws4_request", "/aws5"), INVALID, "valid terminator: 'aws4_request', not 'aws5'"),
        (edited("/eu-west-1/", "/mars/"), INVALID, "scoped to a valid region, not 'mars'"),
        (edited("/eu-west-1/", "/us-east-1/"), INVALID, MISMATCH),
        (edited("/20", "/19"), INVALID, "Date in Credential scope does not match YYYYMMDD"),
        (changed("X-Amz-Date", None), INCOMPLETE, "a 'X-Amz-Date' or a 'Date' header"),
        (changed("X-Amz-Date", "yesterday"), INCOMPLETE, "Date must be in ISO-8601 'basic format'"),
        (changed("Authorization", "AWS4-HMAC-SHA256"), INCOMPLETE, "missing equal-sign"),
        (changed("Authorization", "Basic dTpw"), "MissingAuthenticationTokenException", "Missing"),
    ],
)
def test_what_is_wrong_with_a_signature_is_said_as_amazon_says_it(
    endpoint: Endpoint, change: Callable[[dict[str, str]], None], code: str, sentence: str
) -> None:
    headers = endpoint.signed("reader")
    change(headers)

    answer = endpoint.send(headers)

    assert (answer.status, answer.code) == (400, code)
    assert sentence in answer.message


def test_a_changed_body_is_refused(endpoint: Endpoint) -> None:
    answer = endpoint.send(endpoint.signed("reader"), b'{"MaxResults": 1}')

    assert (answer.code, answer.message) == (INVALID, MISMATCH)


@pytest.mark.parametrize("declared", ["0" * 64, "UNSIGNED-PAYLOAD"])
def test_a_declared_digest_must_be_that_of_the_body(endpoint: Endpoint, declared: str) -> None:
    answer = endpoint.send(endpoint.signed("reader", more={"X-Amz-Content-SHA256": declared}))

    assert answer.code == INVALID
    assert "'x-amz-content-sha256' header does not match" in answer.message


def test_the_signature_of_another_service_is_refused(endpoint: Endpoint) -> None:
    answer = endpoint.send(endpoint.signed("reader", service="s3"))

    assert (answer.code, answer.message) == (
        INVALID,
        "Credential should be scoped to correct service: 'forecast'. ",
    )


def test_headers_that_other_sdks_sign_count(endpoint: Endpoint) -> None:
    more = {"Amz-Sdk-Invocation-Id": "7", "X-Amz-User-Agent": "aws-sdk-js/3  (a)", "Accept": "*/*"}

    assert endpoint.send(endpoint.signed("reader", more=more)).status == 200


def test_a_query_is_signed_too(endpoint: Endpoint) -> None:
    headers = endpoint.signed("reader", query="?b=2&a=%C3%A9")

    assert endpoint.send(headers, query="?b=2&a=%C3%A9").status == 200
    assert endpoint.send(headers, query="?b=2&a=1").code == INVALID


def test_the_date_of_http_is_read_as_well(endpoint: Endpoint) -> None:
    headers = endpoint.signed("reader", more={"Date": "now"})

    assert "X-Amz-Date" not in headers
    assert endpoint.send(headers).status == 200
