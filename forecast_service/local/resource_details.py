"""What is kept of a resource besides its request: the column ``details``, typed per kind.

Its keys are the names of the fields here and nowhere else. What is not known has no key, and a key
that another version of the service wrote is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypedDict

from forecast_service.local.kinds import FORECAST, IMPORT_JOB, PREDICTOR

__all__ = [
    "DataDetails",
    "ForecastDetails",
    "ImportJobDetails",
    "JobDetails",
    "ModelFile",
    "PredictorDetails",
    "data_details_of",
    "details_of",
]


class ModelFile(TypedDict):
    """A file with the model of some series of a forecast."""

    path: str
    """Relative to FORECAST_HOME."""
    first: list[str]
    """Key of its first series."""


@dataclass(frozen=True)
class JobDetails:
    """What is kept of everything that a worker makes."""

    started_at: float | None = None
    """Epoch seconds at which a worker began last."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The details in a column."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in names})

    def stored(self) -> dict[str, Any]:
        """The details as the column holds them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class ImportJobDetails(JobDetails):
    """What is kept of an import job."""

    version: int | None = None
    """Of its dataset, with the rows of this job."""
    data_size_gb: float | None = None
    field_statistics: Mapping[str, Any] | None = None
    """Amazon's, by field."""


@dataclass(frozen=True)
class DataDetails(JobDetails):
    """What is kept of what was made from the data of a dataset group."""

    snapshot: Mapping[str, int] | None = None
    """ARN of each dataset -> the version that was read."""
    data_until: str | None = None
    """ISO date of the last period with data."""
    notes: Sequence[str] | None = None
    """Sentences about what had to be assumed."""


@dataclass(frozen=True)
class PredictorDetails(DataDetails):
    """What is kept of a predictor."""

    is_auto: bool = False
    keys: Sequence[str] | None = None
    """Fields that identify a series: the item, then the forecast dimensions in schema order."""
    accuracy: Mapping[str, Any] | None = None
    """Members of GetAccuracyMetrics."""
    executions: Mapping[str, Any] | None = None
    """Amazon's PredictorExecutionDetails."""
    dataset_import_job_arns: Sequence[str] | None = None
    models: Sequence[str] | None = None
    """Paths of its files, relative to FORECAST_HOME."""
    algorithms: Mapping[str, int] | None = None
    """Name in the engine -> how many series it forecasts."""
    kept_from: str | None = None
    """ARN of the predictor whose training was kept where nothing had changed."""


@dataclass(frozen=True)
class ForecastDetails(DataDetails):
    """What is kept of a forecast."""

    series: int | None = None
    """How many it holds."""
    served: Sequence[ModelFile] | None = None
    """The model that it was made with, in order of the first series."""


MADE_FROM_DATA: Mapping[str, type[DataDetails]] = {
    PREDICTOR.word: PredictorDetails,
    FORECAST.word: ForecastDetails,
}


def data_details_of(word: str, stored: Mapping[str, Any]) -> DataDetails:
    """The details of a predictor or a forecast; ``word`` is that of its kind."""
    return MADE_FROM_DATA[word].of(stored)


def details_of(word: str, stored: Mapping[str, Any]) -> JobDetails:
    """The details of what a worker makes; ``word`` is that of its kind."""
    return ImportJobDetails.of(stored) if word == IMPORT_JOB.word else data_details_of(word, stored)
