"""A long body goes into a temporary file; without space for it the request is refused."""

from __future__ import annotations

import asyncio
import json
import resource
from typing import Any

from flask import Flask

from forecast_service.resources.gate.front import Front

HEADERS = [(b"host", b"localhost"), (b"content-type", b"text/csv")]


def send(front: Front, body: bytes) -> tuple[int, dict[bytes, bytes], dict[str, Any]]:
    """Status, headers and document of the answer to an import of this body."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/imports",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [*HEADERS, (b"content-length", str(len(body)).encode())],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: Any) -> None:
        sent.append(message)

    asyncio.run(front(scope, receive, answer))
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"])


def test_a_body_that_does_not_fit_on_the_disk_is_refused(app: Flask) -> None:
    front = Front(app, body_seconds=30, max_body_bytes=10_000_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        status, headers, problem = send(front, b"store,date,sales\n" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (status, problem["type"]) == (507, "urn:forecast-service:not-writable")
    assert "is full" in problem["detail"]
    assert headers[b"connection"] == b"close"  # the server has not read the rest of the body
