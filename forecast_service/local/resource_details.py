"""The column ``details`` of the catalog, typed per kind of resource.

The fields here define its keys. A value that is not known has no key. Reading ignores the keys that
another version of the service wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypedDict

from forecast_service.local.kinds import (
    EXPLAINABILITY,
    FORECAST,
    IMPORT_JOB,
    MONITOR,
    PREDICTOR,
    WHAT_IF_ANALYSIS,
)

__all__ = [
    "AnalysisDetails",
    "DataDetails",
    "ExplainabilityDetails",
    "ForecastDetails",
    "ImportJobDetails",
    "JobDetails",
    "KeptForecast",
    "ModelFile",
    "MonitorDetails",
    "PredictorDetails",
    "data_details_of",
    "details_of",
]


class ModelFile(TypedDict):
    """A file with the model of some series of a forecast."""

    path: str
    """Relative to FORECAST_HOME."""
    first: list[str]
    """Key of the first series in it."""


@dataclass(frozen=True)
class JobDetails:
    """Details of any resource that a worker makes."""

    started_at: float | None = None
    """Epoch seconds at which a worker last began."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The details from the stored column."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in names})

    def stored(self) -> dict[str, Any]:
        """The details as stored in the column."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class ImportJobDetails(JobDetails):
    """Details of an import job."""

    version: int | None = None
    """The version of its dataset that has the rows of this job."""
    data_size_gb: float | None = None
    field_statistics: Mapping[str, Any] | None = None
    """Amazon's field statistics, by field."""


@dataclass(frozen=True)
class DataDetails(JobDetails):
    """Details of a predictor or forecast: the data that it was made from."""

    snapshot: Mapping[str, int] | None = None
    """The version that was read of each dataset, by its ARN."""
    data_until: str | None = None
    """ISO date of the last period with data."""
    notes: Sequence[str] | None = None
    """Sentences about assumptions."""


@dataclass(frozen=True)
class PredictorDetails(DataDetails):
    """Details of a predictor."""

    is_auto: bool = False
    frequency: str | None = None
    """Frequency code of the engine that it was trained with; it says where periods begin."""
    keys: Sequence[str] | None = None
    """Fields that identify a series: the item, then the forecast dimensions in schema order."""
    accuracy: Mapping[str, Any] | None = None
    """Members of the answer of GetAccuracyMetrics."""
    executions: Mapping[str, Any] | None = None
    """Amazon's PredictorExecutionDetails."""
    dataset_import_job_arns: Sequence[str] | None = None
    models: Sequence[str] | None = None
    """Paths of its files, relative to FORECAST_HOME."""
    algorithms: Mapping[str, int] | None = None
    """The number of series that each algorithm forecasts, by its name in the engine."""
    chosen: str | None = None
    """ARN of the algorithm that AutoML chose."""
    kept_from: str | None = None
    """ARN of the predictor from which unchanged parts of the training were kept."""
    unreadable: str | None = None
    """Why a job could not read its model; then no forecast is made with it any more."""


@dataclass(frozen=True)
class ForecastDetails(DataDetails):
    """Details of a forecast."""

    series: int | None = None
    """Number of series in it."""
    served: Sequence[ModelFile] | None = None
    """Files of the model that made it, ordered by their first series."""


@dataclass(frozen=True)
class AnalysisDetails(JobDetails):
    """Details of a what-if analysis."""

    selected: Sequence[Sequence[str]] | None = None
    """Keys of its series; None for all of the forecast."""


class KeptForecast(TypedDict):
    """A deleted forecast whose values a monitor still needs."""

    arn: str
    sequence: int
    values: str
    """The name of its values in the store of forecasts."""


@dataclass(frozen=True)
class MonitorDetails(JobDetails):
    """Details of a monitor."""

    kept: Sequence[KeptForecast] | None = None
    continues: str | None = None
    """ARN of the monitor of the predictor that was retrained."""


@dataclass(frozen=True)
class ExplainabilityDetails(JobDetails):
    """Details of an explainability."""

    times: Sequence[str] | None = None
    """Starts of the periods that are explained singly."""


DATA_DETAILS: Mapping[str, type[DataDetails]] = {
    PREDICTOR.word: PredictorDetails,
    FORECAST.word: ForecastDetails,
}
DETAILS: Mapping[str, type[JobDetails]] = {
    IMPORT_JOB.word: ImportJobDetails,
    EXPLAINABILITY.word: ExplainabilityDetails,
    MONITOR.word: MonitorDetails,
    WHAT_IF_ANALYSIS.word: AnalysisDetails,
    **DATA_DETAILS,
}


def data_details_of(word: str, stored: Mapping[str, Any]) -> DataDetails:
    """The details of a predictor or a forecast; ``word`` names the kind."""
    return DATA_DETAILS[word].of(stored)


def details_of(word: str, stored: Mapping[str, Any]) -> JobDetails:
    """The details of a resource that a worker makes; ``word`` names the kind."""
    return DETAILS.get(word, JobDetails).of(stored)
