"""Signatures of AWS SDKs (Signature Version 4), checked with botocore's own signer.

The checks have the order, the codes and the words of AWS.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from flask import Request

from forecast_service.local.errors import WrongSignature

__all__ = ["ALGORITHM", "Signature", "read_signature"]

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SERVICE = "forecast"  # both planes are signed with this name
MOST_SKEW = timedelta(minutes=5)
BASIC_TIME = "%Y%m%dT%H%M%SZ"
REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}")
PARAMETERS = ("Credential", "Signature", "SignedHeaders")
ALWAYS_SIGNED = ("x-amz-date", "x-amz-target")
"""Whoever sees a request could otherwise send it later, or as another operation."""

INCOMPLETE = "IncompleteSignatureException"
INVALID = "InvalidSignatureException"


@dataclass(frozen=True)
class Signature:
    """The signature of a request that is well formed, is of now, and is for this service."""

    access_key_id: str
    region: str
    timestamp: str
    signed_headers: tuple[str, ...]
    digest: str

    def check(self, request: Request, secret: str) -> None:
        """Compare the signature with the one that this secret gives.

        Raises
        ------
        WrongSignature
            They differ, so the secret is another one, or the request was changed on its way.
        """
        headers = {name: _header(request, name) for name in self.signed_headers}
        _check_body(request, headers)
        query = urlencode(list(request.args.items(multi=True)), quote_via=quote, safe="-_.~")
        url = f"http://{SERVICE}{request.path}?{query}"  # the host comes from the headers
        signed = AWSRequest(request.method, url, headers, request.get_data())
        signed.context["timestamp"] = self.timestamp
        signer = _Signer(Credentials(self.access_key_id, secret), SERVICE, self.region)
        text = signer.string_to_sign(signed, signer.canonical_request(signed))
        expected = signer.signature(text, signed)
        if not hmac.compare_digest(expected.encode(), self.digest.encode()):
            raise WrongSignature(
                INVALID,
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. Consult the service "
                "documentation for details.",
            )


class _Signer(SigV4Auth):
    """botocore's signer, for exactly the headers that the sender signed."""

    def headers_to_sign(self, request: Any) -> Any:
        return request.headers

    def payload(self, request: Any) -> str:
        return hashlib.sha256(request.body or b"").hexdigest()


def read_signature(request: Request, now: datetime) -> Signature:
    """The signature of a request, not yet compared with a secret.

    Raises
    ------
    WrongSignature
        It is missing, malformed, too old, or for another service.
    """
    header = request.headers.get("Authorization", "")
    if not header.startswith("AWS4-"):
        raise WrongSignature("MissingAuthenticationTokenException", _missing(request))
    algorithm, _, rest = header.partition(" ")
    parameters = _parameters(rest, header)
    sent = request.headers.get("X-Amz-Date") or request.headers.get("Date") or ""
    _require_parameters(parameters, sent, header)
    time = _time(sent)
    _refuse_other_times(time, now)
    names = tuple(parameters["SignedHeaders"].lower().split(";"))
    _require_signed(names, request)
    if algorithm != ALGORITHM:
        raise WrongSignature(
            INCOMPLETE,
            f"Unsupported AWS 'algorithm': '{algorithm[:100]}' (only {ALGORITHM} for now). ",
        )
    timestamp = time.strftime(BASIC_TIME)
    access_key_id, region = _scope(parameters["Credential"], timestamp)
    return Signature(access_key_id, region, timestamp, names, parameters["Signature"])


def _missing(request: Request) -> str:
    if "X-Amz-Signature" in request.args or "X-Amz-Algorithm" in request.args:
        return (
            "Missing Authentication Token. A presigned URL is not accepted: sign the request in "
            "its Authorization header, as AWS SDKs do."
        )
    return "Missing Authentication Token"


def _parameters(rest: str, header: str) -> Mapping[str, str]:
    parameters = {}
    for part in re.split(r"[\s,]+", rest.strip()):
        name, equals, value = part.partition("=")
        problem = "missing equal-sign" if not equals else "repeated" if name in parameters else None
        if problem is not None:
            raise WrongSignature(
                INCOMPLETE,
                f"'{name[:100]}' not a valid key=value pair ({problem}) in Authorization header: "
                f"'{header[:500]}'.",
            )
        parameters[name] = value
    return parameters


def _require_parameters(parameters: Mapping[str, str], sent: str, header: str) -> None:
    missing = [
        f"Authorization header requires '{name}' parameter. "
        for name in PARAMETERS
        if not parameters.get(name)
    ]
    if not sent:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if missing:
        raise WrongSignature(INCOMPLETE, f"{''.join(missing)}Authorization={header[:500]}")


def _time(sent: str) -> datetime:
    """The time in ``X-Amz-Date``; ``Date`` may also have the form of HTTP."""
    for read in (lambda text: datetime.strptime(text, BASIC_TIME), parsedate_to_datetime):
        try:
            time = read(sent)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        except (ValueError, TypeError):
            continue
    raise WrongSignature(
        INCOMPLETE,
        f"Date must be in ISO-8601 'basic format'. Got '{sent[:100]}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601",
    )


def _refuse_other_times(time: datetime, now: datetime) -> None:
    sent, present = time.strftime(BASIC_TIME), now.strftime(BASIC_TIME)
    first, last = now - MOST_SKEW, now + MOST_SKEW
    if time < first:
        raise WrongSignature(
            INVALID,
            f"Signature expired: {sent} is now earlier than {first.strftime(BASIC_TIME)} "
            f"({present} - 5 min.)",
        )
    if time > last:
        raise WrongSignature(
            INVALID,
            f"Signature not yet current: {sent} is still later than {last.strftime(BASIC_TIME)} "
            f"({present} + 5 min.)",
        )


def _require_signed(names: tuple[str, ...], request: Request) -> None:
    if "host" not in names:
        raise WrongSignature(
            INVALID, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    for name in ALWAYS_SIGNED:
        if name in request.headers and name not in names:
            raise WrongSignature(
                INVALID, f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )


def _scope(credential: str, timestamp: str) -> tuple[str, str]:
    """Access key ID and region of a credential, whose other parts must fit."""
    parts = credential.rstrip("/").split("/")
    if len(parts) != 5:
        raise WrongSignature(
            INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{credential[:200]}'",
        )
    access_key_id, date, region, service, terminator = parts
    findings = []
    if not REGION.fullmatch(region):
        findings.append(f"Credential should be scoped to a valid region, not '{region}'. ")
    if service != SERVICE:
        findings.append(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    if terminator != TERMINATOR:
        findings.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not "
            f"'{terminator}'. "
        )
    if date != timestamp[:8]:
        findings.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{date}' != '{timestamp[:8]}', from '{timestamp}'. "
        )
    if findings:
        raise WrongSignature(INVALID, "".join(findings))
    return access_key_id, region


def _check_body(request: Request, headers: Mapping[str, str]) -> None:
    """Refuse a declared digest that is not the one of the body, also ``UNSIGNED-PAYLOAD``."""
    declared = headers.get("x-amz-content-sha256")
    if declared is not None and declared != hashlib.sha256(request.get_data()).hexdigest():
        raise WrongSignature(
            INVALID, "The provided 'x-amz-content-sha256' header does not match what was computed."
        )


def _header(request: Request, name: str) -> str:
    """A header as it was sent: nothing of our own may replace it."""
    key = name.upper().replace("-", "_")
    own = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    value: str = request.environ.get(own, "")
    return value
