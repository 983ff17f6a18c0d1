"""Answers about users and the audit log as pydantic models."""

from __future__ import annotations

from typing import Any, Literal

from forecast_service.accounts.audit import Action
from forecast_service.resources.contract.account_answers import LimitsAnswer
from forecast_service.resources.contract.forecast_answers import AnswerModel

__all__ = ["USER_ANSWERS"]


class UserAnswer(AnswerModel):
    """A user. ``is_external``: the identity provider sets role and limits at each log-in."""

    name: str
    role: Literal["viewer", "planner", "admin"]
    limits: LimitsAnswer
    language: Literal["de", "en"] | None
    disabled: bool
    has_password: bool
    is_external: bool
    created_at: str
    logged_in_at: str | None


class NewUser(UserAnswer):
    """A user who was just made; ``password`` is null if the request had one."""

    password: str | None


class Users(AnswerModel):
    """All users, by name."""

    users: list[UserAnswer]


class AuditEntry(AnswerModel):
    """Who did what, when, and from where.

    ``subject`` is what was changed: the id of a run or an import, the name of a user.
    """

    id: int
    at: str
    kind: Literal["user", "key", "open", "command", "service"]
    who: str
    action: Action
    subject: str | None
    details: dict[str, Any] | None
    address: str | None
    request_id: str | None


class AuditEntries(AnswerModel):
    """A page of the audit log, newest first; ``next`` is the address of the next page, or null."""

    entries: list[AuditEntry]
    next: str | None


USER_ANSWERS = (AuditEntries, NewUser, UserAnswer, Users)
