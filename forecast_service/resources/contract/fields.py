"""Types of fields that several answers share: what a value means, its unit and an example.

A field of its own meaning replaces the description: ``trained_at: Instant = Field(description=…)``.
``x-unit`` is the unit of a number, in words.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AnswerModel",
    "Arn",
    "Change",
    "CodedSentence",
    "Count",
    "Day",
    "Days",
    "Flag",
    "Identifier",
    "Instant",
    "ItemName",
    "NextPage",
    "Periods",
    "RegionName",
    "Sentence",
    "Sentences",
    "Share",
    "Stale",
    "StoreName",
    "StoreNumber",
    "Text",
    "Units",
]


def _unit(words: str) -> dict[str, Any]:
    return {"x-unit": words}


class AnswerModel(BaseModel):
    """An answer has exactly the fields of its model."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


Text = Annotated[str, Field()]
"""A text whose field gives description and examples."""
Flag = Annotated[bool, Field(examples=[False])]
Sentence = Annotated[str, Field(examples=["The predictor is 2 days old."])]


class CodedSentence(AnswerModel):
    """A sentence of the answer that has a code: a program words it by code and values."""

    text: Sentence = Field(
        description="The sentence as it stands in the answer, or in a value of another one.",
        examples=["Rows taken out of the sales: 1,200."],
    )
    code: Text = Field(description="Its code, which stays.", examples=["rows_taken_out"])
    values: dict[str, int | str] = Field(
        description="What it says, by name.", examples=[{"rows": 1200}]
    )


Sentences = Annotated[
    list[CodedSentence] | None,
    Field(
        description="Code and values of the sentences in this answer that have a code; missing "
        "without any."
    ),
]
StoreNumber = Annotated[
    int | str,
    Field(description="Name of the store: a whole number, or a text such as 'S001'.", examples=[1]),
]
StoreName = Annotated[
    str,
    Field(description="Name of the store in words, from the store table.", examples=["Harbour"]),
]
RegionName = Annotated[
    str,
    Field(
        description="Region of the store; 'all' without a region in the store table.",
        examples=["north"],
    ),
]
ItemName = Annotated[
    str, Field(description="Name of an item that the store sells.", examples=["milk"])
]
Identifier = Annotated[str, Field(description="Identifier.", examples=["3f0c9a7be1d24c58"])]
Arn = Annotated[
    str,
    Field(
        description="Name of a resource as Amazon Forecast writes it (ARN).",
        examples=["arn:aws:forecast:eu-west-1:000000000000:forecast/store_demand_20260831"],
    ),
]
Instant = Annotated[
    str,
    Field(
        description="A point in time, in UTC.",
        examples=["2026-08-31T04:12:00Z"],
        json_schema_extra={"format": "date-time"},
    ),
]
Day = Annotated[
    str,
    Field(
        description="A day (ISO 8601).",
        examples=["2026-08-30"],
        json_schema_extra={"format": "date"},
    ),
]
Units = Annotated[
    float,
    Field(
        description="Demand.",
        examples=[120.5],
        json_schema_extra=_unit("units sold, as in the imported sales"),
    ),
]
Change = Annotated[
    float,
    Field(
        description="Change as a share of the earlier value.",
        examples=[0.12],
        json_schema_extra=_unit("share; 0.12 is +12 %"),
    ),
]
Share = Annotated[
    float, Field(examples=[0.8], json_schema_extra=_unit("share from 0 to 1; 0.8 is 80 %"))
]
Days = Annotated[float, Field(examples=[7], json_schema_extra=_unit("days"))]
Periods = Annotated[
    int,
    Field(
        description="Number of periods.",
        examples=[28],
        json_schema_extra=_unit("periods of the data: days, weeks or months"),
    ),
]
Count = Annotated[int, Field(examples=[2], json_schema_extra=_unit("number"))]
Stale = Annotated[
    str | None,
    Field(
        description="Why the forecast is not the best possible one; null if it is.",
        examples=[None, "newer sales (until 2026-09-02) were imported and are not used yet"],
    ),
]
NextPage = Annotated[
    str | None,
    Field(
        description="Address of the next page; null on the last one.",
        examples=["/stores?limit=100&after=100"],
    ),
]
