"""Answers about callers as pydantic models."""

from __future__ import annotations

from typing import Literal

from forecast_service.accounts.caller import Scope
from forecast_service.resources.contract.forecast_answers import AnswerModel

__all__ = ["ApiKey", "ApiKeys", "CallerAnswer", "LimitsAnswer", "NewApiKey"]


class LimitsAnswer(AnswerModel):
    """The stores with these names, and all stores of these regions; null twice: every store."""

    stores: list[str] | None
    regions: list[str] | None


class CallerAnswer(AnswerModel):
    """Who makes a request."""

    kind: Literal["open", "key", "user"]
    """``open``: anybody on this machine, while there are no accounts."""
    name: str
    role: str | None
    """viewer, planner or admin; null for a key."""
    scopes: list[Scope]
    limits: LimitsAnswer
    csrf_token: str | None
    """A user's session sends it as ``X-CSRF-Token`` with every change."""
    language: str | None


class ApiKey(AnswerModel):
    """An API key without its secret."""

    id: str
    name: str
    start: str
    """The first characters of the key, to recognise it."""
    scopes: list[Scope]
    limits: LimitsAnswer
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    """Up to a minute late."""


class NewApiKey(ApiKey):
    """A key that was just made."""

    key: str
    """The key itself; it is shown this once."""


class ApiKeys(AnswerModel):
    """API keys, newest first."""

    keys: list[ApiKey]
