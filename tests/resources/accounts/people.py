"""People in front of a browser: a client of the app with cookies and the token of the session."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "river sand copper moon"
NEW_PASSWORD = "cloud tin meadow piano"


class Person:
    """One browser; over TLS with ``base_url``."""

    def __init__(self, app: Flask, base_url: str = "http://localhost") -> None:
        self.client = app.test_client()
        self.base_url = base_url
        self.token: str | None = None

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        answer = self.send("POST", "/session", {"user": name, "password": password})
        if answer.status_code == 200:
            self.token = answer.get_json()["csrf_token"]
        return answer

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Send a request as our pages do: with the token, if there is one."""
        headers = {} if self.token is None else {"X-CSRF-Token": self.token}
        headers.update(options.pop("headers", {}))
        if body is not None:
            options["json"] = body
        return self.client.open(
            path, method=method, headers=headers, base_url=self.base_url, **options
        )

    def get(self, path: str) -> TestResponse:
        return self.send("GET", path)

    def cookie(self, name: str = "forecast_session") -> str | None:
        found = self.client.get_cookie(name)
        return None if found is None else found.value
