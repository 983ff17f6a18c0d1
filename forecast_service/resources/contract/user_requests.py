"""Requests about users: logging in, passwords, users, the audit log."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from forecast_service.accounts.audit import Action
from forecast_service.resources.contract.requests import (
    AllDigits,
    Format,
    Limit,
    Moment,
    Name,
    StoreNumber,
    StrictModel,
)

__all__ = [
    "AuditQuery",
    "CallbackQuery",
    "LogInBody",
    "LogInForm",
    "MeBody",
    "OidcQuery",
    "PasswordBody",
    "UserBody",
    "UserChanges",
]

MAX_NAMES = 10_000

Role = Literal["viewer", "planner", "admin"]
Language = Annotated[
    Literal["de", "en"] | None, Field(description="Of the pages; null: the browser's.")
]
Names = Annotated[list[Name], Field(min_length=1, max_length=MAX_NAMES)]
Stores = Annotated[
    Annotated[list[StoreNumber], Field(min_length=1, max_length=MAX_NAMES)] | None,
    Field(description="Stores to see, besides those of the regions; null: no limit."),
]
Regions = Annotated[
    Names | None, Field(description="Regions to see, besides the stores; null: no limit.")
]
Password = Annotated[str, Field(description="12 to 1,000 characters, not one of the usual ones.")]


class LogInBody(StrictModel):
    """Name and password of a user."""

    user: Name
    password: str


class LogInForm(LogInBody):
    """The same from a form without JavaScript; ``next`` is the page to go to, on this host."""

    next: str = "/"


class OidcQuery(StrictModel):
    """``next`` is the page to go to after the log-in, on this host."""

    next: str = "/"


class CallbackQuery(BaseModel):
    """What the identity provider adds to the address; it may add more."""

    state: str = ""
    code: str = ""
    error: Annotated[str, Field(description="Why the provider refused the log-in.")] = ""


class PasswordBody(StrictModel):
    """A new password; the present one proves who sends it."""

    password: Annotated[str, Field(description="The present password.")]
    new_password: Password


class MeBody(StrictModel):
    """What users change about themselves."""

    language: Language


class UserBody(StrictModel):
    """A new user. Without a password one is made, and only this answer has it."""

    name: Annotated[str, Field(description="Upper and lower case are the same name.")]
    role: Role = "viewer"
    stores: Stores = None
    regions: Regions = None
    language: Language = None
    password: Password | None = None

    def values(self) -> dict[str, Any]:
        """Everything but the name and the password."""
        return _as_texts(self.model_dump(exclude={"name", "password"}))


class UserChanges(StrictModel):
    """Changes of a user; what is left out stays."""

    role: Role = "viewer"
    stores: Stores = None
    regions: Regions = None
    language: Language = None
    disabled: Annotated[bool, Field(description="Logs the user out, and lets nobody log in.")] = (
        False
    )
    password: Password = ""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("send at least one field to change")
        return self

    def values(self) -> dict[str, Any]:
        """What was sent."""
        return _as_texts(self.model_dump(include=self.model_fields_set))


class AuditQuery(StrictModel):
    """Which entries of the audit log; ``before`` is the id of the last one of the page before."""

    who: Annotated[Name | None, Field(description="Name of the user, key or command.")] = None
    action: Action | None = None
    since: Annotated[Moment | None, Field(description="From this time on, UTC.")] = None
    until: Annotated[Moment | None, Field(description="Before this time, UTC.")] = None
    limit: Limit | None = None
    before: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    format: Format = None
    full: AllDigits = None


def _as_texts(values: dict[str, Any]) -> dict[str, Any]:
    """The values with names of stores as texts, as they are inside."""
    if values.get("stores") is not None:
        values["stores"] = [str(store) for store in values["stores"]]
    return values
