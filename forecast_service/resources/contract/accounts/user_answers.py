"""Answers about users and the audit log as pydantic models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from forecast_service.accounts.audit import Action
from forecast_service.resources.contract.accounts.account_answers import LimitsAnswer
from forecast_service.resources.contract.fields import (
    AnswerModel,
    Flag,
    Identifier,
    Instant,
    NextPage,
    Text,
)

__all__ = ["USER_ANSWERS"]


class UserAnswer(AnswerModel):
    """A user."""

    name: Text = Field(description="Name of the user.", examples=["anna"])
    role: Literal["viewer", "planner", "admin"] = Field(
        description="viewer reads; planner also trains and imports; admin may do everything.",
        examples=["planner"],
    )
    limits: LimitsAnswer
    language: Literal["de", "en"] | None = Field(
        description="Language of the pages; null: that of the browser.", examples=["de"]
    )
    disabled: Flag = Field(description="Whether the user may not log in.")
    has_password: Flag = Field(description="Whether there is a password here.", examples=[True])
    is_external: Flag = Field(
        description="Whether the identity provider sets role and limits at each log-in."
    )
    created_at: Instant = Field(description="When the user was made.")
    logged_in_at: Instant | None = Field(description="The last log-in; null: none yet.")


class NewUser(UserAnswer):
    """A user who was just made."""

    password: Text | None = Field(
        description="The password that was made; null if the request had one.",
        examples=["clever-otter-wide-lamp"],
    )


class Users(AnswerModel):
    """All users, by name."""

    users: list[UserAnswer] = Field(description="The users, by name.")


class AuditEntry(AnswerModel):
    """Who did what, when, and from where."""

    id: int = Field(
        description="Number of the entry.",
        examples=[41],
        json_schema_extra={"x-unit": "number in the order of the log"},
    )
    at: Instant = Field(description="When it happened.")
    kind: Literal["user", "key", "open", "command", "service"] = Field(
        description="What the actor is.", examples=["user"]
    )
    who: Text = Field(description="Name of the actor.", examples=["anna"])
    action: Action = Field(description="What was done.", examples=["trained"])
    subject: Text | None = Field(
        description="What was changed: the id of a run or an import, the name of a user.",
        examples=["3f0c9a7be1d24c58"],
    )
    details: dict[str, Any] | None = Field(
        description="More about it; null if there is no more.", examples=[{"forced": True}]
    )
    address: Text | None = Field(
        description="Address from which the request came; null without one.",
        examples=["192.0.2.7"],
    )
    request_id: Identifier | None = Field(description="Identifier of the request.")


class AuditEntries(AnswerModel):
    """A page of the audit log, newest first."""

    entries: list[AuditEntry] = Field(description="The entries, newest first.")
    next: NextPage = Field(examples=["/audit?limit=100&before=41"])


USER_ANSWERS = (AuditEntries, NewUser, UserAnswer, Users)
