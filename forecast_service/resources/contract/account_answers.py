"""Answers about callers as pydantic models."""

from __future__ import annotations

from typing import Literal

from forecast_service.accounts.caller import Scope
from forecast_service.resources.contract.forecast_answers import AnswerModel

__all__ = ["CallerAnswer", "LimitsAnswer"]


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
