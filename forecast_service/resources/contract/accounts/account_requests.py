"""Requests about API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from forecast_service.accounts.caller import Scope
from forecast_service.resources.contract.request_fields import (
    Moment,
    Name,
    StoreNumber,
    StrictModel,
)

__all__ = ["KeyBody"]


def _with_zone(value: str) -> str:
    if datetime.fromisoformat(value).tzinfo is None:
        raise ValueError("write a time with its zone, such as '2027-01-31T00:00:00Z'")
    return value


ZonedMoment = Annotated[
    Moment, AfterValidator(_with_zone), Field(json_schema_extra={"format": "date-time"})
]


class KeyBody(StrictModel):
    """``POST /keys``."""

    name: Name = Field(
        description="What the key is for; runs and imports are recorded under it.",
        examples=["dashboards"],
    )
    scopes: list[Scope] = Field(
        min_length=1, description="What the key may do.", examples=[["read"]]
    )
    stores: list[StoreNumber] | None = Field(
        None,
        description="Stores that the key may see; null with 'regions' null: every store.",
        examples=[[1, 2]],
    )
    regions: list[Name] | None = Field(
        None, description="Regions whose stores the key may see.", examples=[["north"]]
    )
    aws: bool = Field(
        False,
        description="Whether the key gets an AWS access key, too, for '/aws'.",
        examples=[True],
    )
    account_id: str | None = Field(
        None,
        description="AWS account of its resources at '/aws'; null: that of FORECAST_ACCOUNT_ID.",
        examples=["123456789012"],
    )
    expires_at: ZonedMoment | None = Field(
        None, description="End of the key; null: none.", examples=["2030-01-31T00:00:00Z"]
    )
