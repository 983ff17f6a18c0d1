"""Answers about scenarios, as pydantic models."""

from __future__ import annotations

from pydantic import Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Arn,
    Identifier,
    Instant,
    ItemName,
    Sentence,
    Sentences,
    StoreNumber,
    Text,
)
from forecast_service.resources.contract.forecast_answers import (
    StoreWhatIf,
    Supposition,
    WhatIfTotal,
)

__all__ = ["Scenario", "ScenarioSummary", "Scenarios"]


class ScenarioSummary(AnswerModel):
    """A named what-if as it was saved."""

    id: Identifier = Field(description="Identifier of the scenario.")
    name: Text = Field(description="Its name.", examples=["Autumn sale"])
    store_number: StoreNumber
    item: ItemName | None
    note: Text | None = Field(description="A remark.", examples=["As discussed on Monday"])
    changes: list[Supposition] = Field(description="The changes.")
    forecast: Arn = Field(description="The forecast that it was made against.")
    total: WhatIfTotal = Field(description="Its sums when it was saved.")
    made_by: Text = Field(description="Who saved it.", examples=["anna"])
    created_at: Instant = Field(description="When it was saved.")
    expires_at: Instant = Field(
        description="When it is deleted.", examples=["2026-09-30T04:12:00Z"]
    )


class Scenario(ScenarioSummary):
    """A scenario, computed against the current forecast."""

    result: StoreWhatIf | None = Field(
        description="The what-if now; null if it cannot be computed any more."
    )
    moved_on: Sentence | None = Field(
        description="That there is a newer forecast than when it was saved; null if not.",
        examples=[None, "There is a newer forecast than when it was saved."],
    )
    problem: Sentence | None = Field(
        description="Why it cannot be computed any more; null if it can.",
        examples=[None, "All of its days have passed."],
    )
    sentences: Sentences = None


class Scenarios(AnswerModel):
    """Scenarios, newest first."""

    scenarios: list[ScenarioSummary] = Field(description="The scenarios, newest first.")
