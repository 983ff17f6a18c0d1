"""Answers about callers as pydantic models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from forecast_service.accounts.caller import Scope
from forecast_service.resources.contract.fields import AnswerModel, Identifier, Instant, Text

__all__ = ["ApiKey", "ApiKeys", "CallerAnswer", "LimitsAnswer", "NewApiKey"]


class LimitsAnswer(AnswerModel):
    """The stores with these names, and all stores of these regions; null twice: every store."""

    stores: list[str] | None = Field(description="Names of stores.", examples=[["1", "2"]])
    regions: list[str] | None = Field(description="Names of regions.", examples=[["north"]])


class CallerAnswer(AnswerModel):
    """Who makes a request."""

    kind: Literal["open", "key", "user"] = Field(
        description="'open': anybody on this machine, while there are no accounts.",
        examples=["key"],
    )
    name: Text = Field(description="Name of the key or user.", examples=["dashboards"])
    role: Text | None = Field(
        description="viewer, planner or admin; null for a key.", examples=["planner"]
    )
    scopes: list[Scope] = Field(description="What the caller may do.", examples=[["read"]])
    limits: LimitsAnswer
    csrf_token: Text | None = Field(
        description="A user's session sends it as X-CSRF-Token with every change.",
        examples=["kq3Zt0uV"],
    )
    language: Text | None = Field(
        description="Language that a user chose; null: that of the browser.", examples=["de"]
    )


class ApiKey(AnswerModel):
    """An API key without its secret."""

    id: Identifier = Field(description="Identifier of the key.")
    name: Text = Field(description="What the key is for.", examples=["dashboards"])
    start: Text = Field(
        description="The first characters of the key, to recognise it.", examples=["fsk_Q2v1"]
    )
    scopes: list[Scope] = Field(description="What the key may do.", examples=[["read"]])
    limits: LimitsAnswer
    created_by: Text = Field(description="Who made it.", examples=["anna"])
    created_at: Instant = Field(description="When it was made.")
    expires_at: Instant | None = Field(
        description="When it ends; null: never.", examples=["2027-01-31T00:00:00Z"]
    )
    revoked_at: Instant | None = Field(
        description="When it was revoked; null if it was not.", examples=[None]
    )
    last_used_at: Instant | None = Field(
        description="When it was last used, up to a minute late; null if it never was."
    )
    aws_access_key_id: Text | None = Field(
        description="ID of its AWS access key; null: it has none.",
        examples=["FSKAQ2V1EXAMPLEABCDE"],
    )
    account_id: Text | None = Field(
        description="AWS account of its resources at '/aws'; null: that of FORECAST_ACCOUNT_ID.",
        examples=["123456789012"],
    )


class NewApiKey(ApiKey):
    """A key that was just made."""

    key: Text = Field(
        description="The key itself; it is shown this once.", examples=["fsk_Q2v1example"]
    )
    aws_secret_access_key: Text | None = Field(
        description="Secret of its AWS access key; it is shown this once. Null: it has none.",
        examples=["fska_3b1fexample"],
    )


class ApiKeys(AnswerModel):
    """API keys, newest first."""

    keys: list[ApiKey] = Field(description="The keys, newest first.")
