"""Answers about uploads, an undo, and the state of the installation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Count,
    Day,
    Days,
    Identifier,
    Instant,
    Sentences,
    Stale,
    Text,
)

__all__ = ["System", "UndoPreview", "Upload"]

Bytes = Annotated[int, Field(examples=[48_213_000], json_schema_extra={"x-unit": "bytes"})]


class SalesExtent(AnswerModel):
    """How much has sales."""

    stores: Count = Field(description="Number of stores with sales.")
    days: Days = Field(description="Number of their days, all stores together.", examples=[1946])
    last_sale_on: Day | None = Field(description="The last of these days; null without one.")


class UndoPreview(AnswerModel):
    """What an undo would do."""

    imports: list[str] = Field(
        description="Identifiers of the imports that it takes back.",
        examples=[["3f0c9a7be1d24c58"]],
    )
    now: SalesExtent = Field(description="The sales now.")
    after: SalesExtent = Field(description="The sales afterwards.")
    stores_removed: Count = Field(description="Number of stores that would be gone.", examples=[0])
    stores_back: Count = Field(description="Number of stores that would be back.", examples=[0])


class KeptFile(AnswerModel):
    """A file that was sent."""

    name: Text = Field(description="Name of the file.", examples=["sales.csv"])
    bytes: Bytes = Field(description="Its size.", examples=[52_100])


class Upload(AnswerModel):
    """Files that are kept until they are imported, or for a day."""

    id: Identifier = Field(description="Identifier of the upload.")
    files: dict[str, KeptFile] = Field(
        description="The files by role.",
        examples=[{"sales": {"name": "sales.csv", "bytes": 52100}}],
    )
    expires_at: Instant = Field(description="When they are deleted.")


class DatabaseState(AnswerModel):
    """The database."""

    kind: Text = Field(description="sqlite or postgresql.", examples=["sqlite"])
    revision: Text | None = Field(
        description="Version of its tables; null without tables.", examples=["0011"]
    )
    bytes: Bytes | None = Field(description="Its size; null if it is not a file.")


class DiskState(AnswerModel):
    """The disk with the files of the service."""

    free_bytes: Bytes = Field(description="Free space.")
    total_bytes: Bytes = Field(description="Size of the disk.")


class QueueState(AnswerModel):
    """Work that waits and work that is being done."""

    waiting: Count = Field(description="Number of works that wait.", examples=[0])
    under_way: Count = Field(description="Number of works that are being done.", examples=[1])
    oldest_due_at: Instant | None = Field(
        description="Since when work is due that nobody does; null without any.", examples=[None]
    )
    last_error: Text | None = Field(
        description="The last error of waiting work; null without one.",
        examples=[None, "The disk is full."],
    )


class WorkerState(AnswerModel):
    """Workers."""

    alive: Count = Field(
        description="Number that gave a sign of life in the last minute.", examples=[1]
    )
    seen_at: Instant | None = Field(description="The newest sign of any; null without one.")


class SystemForecast(AnswerModel):
    """The forecast that is served."""

    created_at: Instant = Field(description="When it was made.")
    trained_at: Instant = Field(description="When its predictor was trained.")
    data_until: Day = Field(description="Last day of sales that it knows.")
    algorithm: Text = Field(description="Algorithm of its predictor.", examples=["auto"])
    source: Text = Field(description="Who made it: 'local' or 'amazon'.", examples=["local"])
    stale: Stale


class System(AnswerModel):
    """The state of the installation, for its operator."""

    status: Literal["ready", "degraded"] = Field(
        description="'degraded' while something is damaged or full.", examples=["ready"]
    )
    problems: list[str] = Field(
        description="What is damaged or full, in sentences.", examples=[["The disk is full."]]
    )
    version: Text = Field(description="Version of the service.", examples=["0.1.0"])
    python: Text = Field(description="Version of Python.", examples=["3.11.2"])
    backend: Text = Field(description="'local' or 'amazon'.", examples=["local"])
    database: DatabaseState
    disk: DiskState
    queue: QueueState
    workers: WorkerState
    forecast: SystemForecast | None
    sentences: Sentences = None
