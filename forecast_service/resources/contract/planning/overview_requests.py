"""Requests about all stores, as strict pydantic models of queries."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecast_service.resources.contract.request_fields import AllDigits, Format, Name, StrictModel

__all__ = ["AccuracyQuery", "OverviewQuery", "RegionsQuery", "Sort"]

Sort = Literal[
    "problems",
    "store_number",
    "store_name",
    "region",
    "next_7_days",
    "last_7_days",
    "change",
    "last_year",
    "change_to_last_year",
    "wape",
    "bias",
    "data_until",
]


class OverviewQuery(StrictModel):
    """Which stores are shown, and in which order; ``after`` is the last one of the page before."""

    region: Annotated[
        Name | None, Field(description="Only stores of this region.", examples=["north"])
    ] = None
    search: Annotated[
        Name | None, Field(description="Part of the name or number of stores.", examples=["harb"])
    ] = None
    sort: Annotated[
        Sort,
        Field(
            description="'problems': the worst problems first, then the largest errors (WAPE).",
            examples=["change"],
        ),
    ] = "problems"
    order: Annotated[
        Literal["asc", "desc"] | None,
        Field(
            description="By default, texts and dates ascend, and numbers descend.", examples=["asc"]
        ),
    ] = None
    limit: (
        Annotated[
            int,
            Field(
                ge=1,
                le=5000,
                description="Most stores of the answer.",
                examples=[100],
                json_schema_extra={"x-unit": "stores"},
            ),
        ]
        | None
    ) = None
    after: Annotated[
        Name | None, Field(description="The last store of the page before.", examples=["1"])
    ] = None
    format: Format = None
    full: AllDigits = None


class RegionsQuery(StrictModel):
    """The regions take no parameters."""


class AccuracyQuery(StrictModel):
    """The accuracy of one store, of a region, or of all stores."""

    store_number: Annotated[Name | None, Field(description="Only this store.", examples=["1"])] = (
        None
    )
    region: Annotated[
        Name | None, Field(description="Only stores of this region.", examples=["north"])
    ] = None
    weeks: Annotated[
        int,
        Field(
            ge=1,
            le=52,
            description="Number of the newest weeks.",
            examples=[13],
            json_schema_extra={"x-unit": "weeks"},
        ),
    ] = 13
