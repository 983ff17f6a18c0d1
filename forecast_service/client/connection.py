"""Requests with time limits and retries; problem documents become errors."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

__all__ = ["ApiError", "Connection", "NotReachable"]

PROBLEM_TYPE = "application/problem+json"
BUSY = frozenset({429, 503})  # the service did nothing and asks to come again
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds


class ApiError(Exception):
    """The service refused a request; the text is its sentence."""

    def __init__(
        self,
        status: int,
        type: str,
        detail: str,
        errors: tuple[Mapping[str, str], ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type
        """Kind of the error, such as ``unknown-store``."""
        self.detail = detail
        self.errors = errors
        """Findings with ``pointer`` (a place in the request or file) and ``detail``."""
        self.request_id = request_id
        """Under this id, the service's log has the request."""


class NotReachable(Exception):
    """No answer came, also not after the retries."""


@dataclass
class Connection:
    """Sends requests to one service.

    A request is repeated if the service could not be reached or was busy (429, 503): then nothing
    was done. If a connection breaks later, a request is repeated only if doing it twice is the
    same as doing it once.
    """

    url: str
    api_key: str | None
    timeout: float
    """Longest wait in seconds for a connection, and between two parts of an answer."""
    attempts: int

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self.session = requests.Session()
        if self.api_key is not None:
            self.session.headers["Authorization"] = f"Bearer {self.api_key}"

    def json(self, method: str, path: str, *, repeatable: bool = True, **parts: Any) -> Any:
        """The JSON of an answer; ``parts`` are arguments of ``requests.request``.

        Raises
        ------
        ApiError
            The service refused the request.
        NotReachable
            There was no answer.
        """
        return _content(self._send(method, path, repeatable, parts))

    def _send(
        self, method: str, path: str, repeatable: bool, parts: Mapping[str, Any]
    ) -> requests.Response:
        for attempt in range(1, self.attempts + 1):
            is_last = attempt == self.attempts
            try:
                response = self.session.request(
                    method, f"{self.url}{path}", timeout=self.timeout, **parts
                )
            except (requests.ConnectionError, requests.Timeout) as error:
                was_sent = not isinstance(error, requests.ConnectTimeout) and not _is_refused(error)
                if is_last or (was_sent and not repeatable):
                    raise NotReachable(f"'{self.url}' did not answer: {_reason(error)}.") from error
                pause = _pause(attempt)
            else:
                if is_last or response.status_code not in BUSY:
                    return response
                pause = _asked_pause(response) or _pause(attempt)
            _rewind(parts)
            time.sleep(pause)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close idle connections."""
        self.session.close()


def _content(response: requests.Response) -> Any:
    if response.ok:
        return response.json()
    if response.headers.get("Content-Type", "").startswith(PROBLEM_TYPE):
        problem = response.json()
        raise ApiError(
            problem["status"],
            problem["type"].rsplit(":", 1)[-1],
            problem["detail"],
            tuple(problem.get("errors") or ()),
            problem.get("request_id"),
        )
    raise ApiError(response.status_code, "blank", f"{response.status_code} {response.reason}")


def _pause(attempt: int) -> float:
    """Seconds before the next attempt: they double, and vary, so that clients spread out."""
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def _asked_pause(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return min(float(text), LONGEST_PAUSE) if text.isdigit() else None


def _is_refused(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that the service cannot have seen the request."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return type(cause).__name__ in {"NewConnectionError", "NameResolutionError"}


def _reason(error: requests.RequestException) -> str:
    cause = error.args[0] if error.args else error
    cause = getattr(cause, "reason", cause)
    return str(cause).rsplit(": ", 1)[-1].strip().rstrip(".")


def _rewind(parts: Mapping[str, Any]) -> None:
    """Begin files again, which an attempt may have read in part."""
    for file in dict(parts.get("files") or {}).values():
        file[1].seek(0)
