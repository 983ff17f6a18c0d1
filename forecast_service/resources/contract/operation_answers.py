"""Answers about uploads, an undo, and the state of the installation."""

from __future__ import annotations

from typing import Literal

from forecast_service.resources.contract.forecast_answers import AnswerModel

__all__ = ["System", "UndoPreview", "Upload"]


class SalesExtent(AnswerModel):
    """How many stores have sales, on how many days together, and the last of these days."""

    stores: int
    days: int
    last_sale_on: str | None


class UndoPreview(AnswerModel):
    """What an undo would do: the imports that it takes back, and the sales now and afterwards."""

    imports: list[str]
    now: SalesExtent
    after: SalesExtent
    stores_removed: int
    stores_back: int


class KeptFile(AnswerModel):
    """A file that was sent."""

    name: str
    bytes: int


class Upload(AnswerModel):
    """Files by role that are kept until they are imported, or for a day."""

    id: str
    files: dict[str, KeptFile]
    expires_at: str


class DatabaseState(AnswerModel):
    """The database: sqlite or postgresql, the version of its tables, its size if it is a file."""

    kind: str
    revision: str | None
    bytes: int | None


class DiskState(AnswerModel):
    """The disk with the files of the service."""

    free_bytes: int
    total_bytes: int


class QueueState(AnswerModel):
    """Work that waits and work that is being done; ``oldest_due_at``: since when work is due that
    nobody does."""

    waiting: int
    under_way: int
    oldest_due_at: str | None
    last_error: str | None


class WorkerState(AnswerModel):
    """Workers that gave a sign of life in the last minute, and the newest sign of any."""

    alive: int
    seen_at: str | None


class SystemForecast(AnswerModel):
    """The forecast that is served."""

    created_at: str
    trained_at: str
    data_until: str
    algorithm: str
    source: str
    stale: str | None


class System(AnswerModel):
    """The state of the installation, for its operator."""

    status: Literal["ready", "degraded"]
    problems: list[str]
    version: str
    python: str
    backend: str
    database: DatabaseState
    disk: DiskState
    queue: QueueState
    workers: WorkerState
    forecast: SystemForecast | None
