"""Answers about callers as pydantic models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from forecast_service.accounts.caller import Scope
from forecast_service.resources.contract.fields import AnswerModel, Text

__all__ = ["CallerAnswer", "LimitsAnswer"]


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
