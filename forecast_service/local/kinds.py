"""What kinds of resource there are, and what sets them apart: one table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "DATASET",
    "DATASET_GROUP",
    "FORECAST",
    "IMPORT_JOB",
    "KINDS",
    "PREDICTOR",
    "Kind",
    "kind_of",
]


@dataclass(frozen=True)
class Kind:
    """One kind of resource and its words."""

    word: str
    """Word in ARNs, and ``type`` in the catalog."""
    noun: str
    """In sentences."""
    stem: str
    """In members and operations: ``DatasetImportJob`` of ``DatasetImportJobArn``."""
    plural: str
    """Result key of its List operation, and that operation's name after ``List``."""
    filters: tuple[tuple[str, str], ...] = ()
    """Keys that List filters by, and the catalog's column behind each."""
    is_job: bool = True
    """Whether the worker makes it; the others are ACTIVE at once."""
    named_in_parent: bool = False
    """Whether its name is unique inside its parent only."""

    @property
    def arn_member(self) -> str:
        return f"{self.stem}Arn"

    @property
    def name_member(self) -> str:
        return f"{self.stem}Name"


DATASET_GROUP = Kind("dataset-group", "dataset group", "DatasetGroup", "DatasetGroups", (), False)
DATASET = Kind("dataset", "dataset", "Dataset", "Datasets", (), False)
IMPORT_JOB = Kind(
    "dataset-import-job",
    "dataset import job",
    "DatasetImportJob",
    "DatasetImportJobs",
    (("DatasetArn", "parent_arn"), ("Status", "status")),
    named_in_parent=True,
)
PREDICTOR = Kind(
    "predictor",
    "predictor",
    "Predictor",
    "Predictors",
    (("DatasetGroupArn", "dataset_group_arn"), ("Status", "status")),
)
FORECAST = Kind(
    "forecast",
    "forecast",
    "Forecast",
    "Forecasts",
    (
        ("DatasetGroupArn", "dataset_group_arn"),
        ("PredictorArn", "parent_arn"),
        ("Status", "status"),
    ),
)

KINDS = (DATASET_GROUP, DATASET, IMPORT_JOB, PREDICTOR, FORECAST)


def kind_of(word: str) -> Kind:
    """The kind with this word of the catalog."""
    return next(kind for kind in KINDS if kind.word == word)
