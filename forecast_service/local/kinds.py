"""The kinds of resource and their properties, in one table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BACKTEST_EXPORT",
    "DATASET",
    "DATASET_GROUP",
    "EXPLAINABILITY",
    "EXPLAINABILITY_EXPORT",
    "FORECAST",
    "FORECAST_EXPORT",
    "IMPORT_JOB",
    "KINDS",
    "MONITOR",
    "PREDICTOR",
    "WHAT_IF_ANALYSIS",
    "WHAT_IF_EXPORT",
    "WHAT_IF_FORECAST",
    "Kind",
    "kind_of",
]


@dataclass(frozen=True)
class Kind:
    """One kind of resource."""

    word: str
    """Its word in ARNs, and its ``type`` in the catalog."""
    noun: str
    """Its name in sentences."""
    stem: str
    """Its name in members and operations: ``DatasetImportJob`` in ``DatasetImportJobArn``."""
    plural: str
    """The name of its List operation after ``List``, and the key of that operation's result."""
    filters: tuple[tuple[str, str], ...] = ()
    """Keys that List filters by, each with its column of the catalog."""
    is_job: bool = True
    """Whether the worker makes it; other resources are ACTIVE at once."""
    named_in_parent: bool = False
    """Whether its name must be unique only inside its parent."""

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

BACKTEST_EXPORT = Kind(
    "predictor-backtest-export-job",
    "predictor backtest export job",
    "PredictorBacktestExportJob",
    "PredictorBacktestExportJobs",
    (("PredictorArn", "parent_arn"), ("Status", "status")),
    named_in_parent=True,
)
FORECAST_EXPORT = Kind(
    "forecast-export-job",
    "forecast export job",
    "ForecastExportJob",
    "ForecastExportJobs",
    (("ForecastArn", "parent_arn"), ("Status", "status")),
    named_in_parent=True,
)
EXPLAINABILITY = Kind(
    "explainability",
    "explainability",
    "Explainability",
    "Explainabilities",
    (("ResourceArn", "parent_arn"), ("Status", "status")),
)
EXPLAINABILITY_EXPORT = Kind(
    "explainability-export",
    "explainability export",
    "ExplainabilityExport",
    "ExplainabilityExports",
    (("ResourceArn", "parent_arn"), ("Status", "status")),
    named_in_parent=True,
)
MONITOR = Kind("monitor", "monitor", "Monitor", "Monitors", (("Status", "status"),), False)
WHAT_IF_ANALYSIS = Kind(
    "what-if-analysis",
    "what-if analysis",
    "WhatIfAnalysis",
    "WhatIfAnalyses",
    (("WhatIfAnalysisArn", "arn"), ("Status", "status")),
)
WHAT_IF_FORECAST = Kind(
    "what-if-forecast",
    "what-if forecast",
    "WhatIfForecast",
    "WhatIfForecasts",
    (("WhatIfForecastArn", "arn"), ("Status", "status")),
    named_in_parent=True,
)
WHAT_IF_EXPORT = Kind(
    "what-if-forecast-export",
    "what-if forecast export",
    "WhatIfForecastExport",
    "WhatIfForecastExports",
    (("WhatIfForecastExportArn", "arn"), ("Status", "status")),
)

KINDS = (
    DATASET_GROUP,
    DATASET,
    IMPORT_JOB,
    PREDICTOR,
    BACKTEST_EXPORT,
    FORECAST,
    FORECAST_EXPORT,
    EXPLAINABILITY,
    EXPLAINABILITY_EXPORT,
    MONITOR,
    WHAT_IF_ANALYSIS,
    WHAT_IF_FORECAST,
    WHAT_IF_EXPORT,
)


def kind_of(word: str) -> Kind:
    """The kind with this word of the catalog."""
    return next(kind for kind in KINDS if kind.word == word)
