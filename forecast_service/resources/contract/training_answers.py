"""Answers about training runs, as pydantic models."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Arn,
    Count,
    Day,
    Days,
    Flag,
    Identifier,
    Instant,
    Sentence,
    Sentences,
    Share,
    StoreNumber,
    Text,
)
from forecast_service.resources.contract.forecast_answers import LadderStep
from forecast_service.resources.contract.planning.kept_answers import RunChanges

__all__ = ["TrainingDecision", "TrainingRun", "TrainingRuns"]

RULES = (
    "forced, no_predictor, unknown_store, age, new_sales or amazon_back (these train), "
    "forecast_outdated (only makes a forecast), or within_tolerance (nothing is done)"
)


class TrainingRun(AnswerModel):
    """The record of a retrain request, which may train or only make a forecast."""

    id: Identifier = Field(description="Identifier of the run.")
    dataset_group: Text = Field(
        description="The dataset group that is trained.", examples=["store_demand_group"]
    )
    store: Text | None = Field(
        description="The store that the request named; null if none did.", examples=["1"]
    )
    state: Text = Field(
        description="waiting, training, forecasting, serving, failed or cancelled. The last three "
        "are its end.",
        examples=["training"],
    )
    stages: list[str] = Field(
        description="The stages of this run.", examples=[["training", "forecasting"]]
    )
    trains: Flag = Field(
        description="Whether it trains; false if it only makes a forecast.", examples=[True]
    )
    reason: Text = Field(description=f"The rule that started it: {RULES}.", examples=["age"])
    detail: Sentence = Field(
        description="The same in a sentence, with its numbers.",
        examples=["predictor 'store_demand_20260824' is 8 days old"],
    )
    forced: Flag = Field(description="Whether the request had 'force'.")
    joined: Count = Field(
        description="Number of later requests that joined this run.", examples=[0]
    )
    predictor_arn: Arn | None = Field(
        description="ARN of the predictor; null before it exists.",
        examples=["arn:aws:forecast:eu-west-1:000000000000:predictor/store_demand_20260831"],
    )
    forecast_arn: Arn | None = Field(
        description="ARN of the forecast; null before it exists.", examples=[None]
    )
    data_version: Count | None = Field(
        description="Version of the data that it uses; null before it began.", examples=[3]
    )
    data_until: Day | None = Field(description="Last day of sales that it uses.")
    progress: Share | None = Field(
        description="Finished share of the run; null if not known.", examples=[0.27]
    )
    expected_at: Instant | None = Field(
        description="Estimated end of the present stage; null without an estimate."
    )
    message: Text | None = Field(
        description="What it is doing, or why it waits or failed.", examples=["30 of 90 series"]
    )
    error: Text | None = Field(
        description="Why it failed; null if it did not.",
        examples=[None, "The computation needs more memory than there is."],
    )
    ladder: LadderStep | None = Field(
        description="The step of the ladder of FORECAST_BACKEND=auto that does it; null with our "
        "own engine, and before it begins."
    )
    requested_by: Text | None = Field(
        description="Who requested it; null if the service did, or a caller may not know.",
        examples=["anna"],
    )
    requested_at: Instant | None = Field(description="When it was requested.")
    started_at: Instant | None = Field(description="When it began; null while it waits.")
    finished_at: Instant | None = Field(description="When it ended; null before.", examples=[None])
    changes: RunChanges | None = Field(
        None,
        description="Of one run that serves: what its forecast changed; null if there was none "
        "before.",
        examples=[None],
    )
    sentences: Sentences = None


class TrainingRuns(AnswerModel):
    """Training runs, newest first."""

    runs: list[TrainingRun] = Field(description="The runs, newest first.")


class TrainingDecision(AnswerModel):
    """The decision on a retrain request, with its numbers."""

    store_number: StoreNumber
    message: Sentence = Field(
        description="What was decided and why.",
        examples=[
            "training of a new predictor started: predictor 'store_demand_20260824' is 8 days old, "
            "which is outside the tolerance of 7 days"
        ],
    )
    started: Flag = Field(description="Whether a run was started.", examples=[True])
    joined: Flag = Field(description="Whether the request joined a run that is under way.")
    rule: Text = Field(description=f"The rule that decided: {RULES}.", examples=["age"])
    age_days: Days | None = Field(
        description="Age of the latest predictor at the request; null without one.", examples=[8.1]
    )
    tolerance_days: Days = Field(description="Age below which a predictor is good enough.")
    trained_at: Instant | None = Field(
        description="When the latest predictor was trained; null without one."
    )
    newer_days_of_sales: Days | None = Field(
        description="Days of sales that the latest predictor does not know.", examples=[1]
    )
    predictor: dict[str, Any] | None = Field(
        description="Amazon's summary of the latest predictor; null without one.",
        examples=[{"PredictorName": "store_demand_20260831", "Status": "ACTIVE"}],
    )
    run: TrainingRun | None = Field(
        description="The run that was started or joined; null if nothing has to be done."
    )
