"""Migration: rebuilds the dataset groups of an Amazon Forecast account here, and trains again.

What exists here is left as it is, so a repetition goes on where an earlier one ended. Nothing is
changed at Amazon.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from forecast_service.amazon.account.comparison import Compared, compare, unable
from forecast_service.amazon.account.exported_forecasts import ExportedForecasts
from forecast_service.amazon.made import arns_by_name
from forecast_service.aws import ALREADY_EXISTS, error_code, translate_errors
from forecast_service.errors import InvalidData, NotFound
from forecast_service.local.arns import ALGORITHMS
from forecast_service.trainer import list_summaries

__all__ = ["Migration"]

logger = logging.getLogger(__name__)

AUTO_SETTINGS = (
    *("PredictorName", "ForecastHorizon", "ForecastTypes", "ForecastDimensions"),
    *("ForecastFrequency", "OptimizationMetric", "TimeAlignmentBoundary"),
)
LEGACY_SETTINGS = (
    *("PredictorName", "AlgorithmArn", "ForecastHorizon", "ForecastTypes", "EvaluationParameters"),
    *("TrainingParameters", "OptimizationMetric"),
)
IMPORT_SETTINGS = (
    *("DatasetImportJobName", "DataSource", "TimestampFormat", "TimeZone", "Format", "ImportMode"),
    *("UseGeolocationForTimeZone", "GeolocationFormat"),
)
DATASET_SETTINGS = ("DatasetName", "Domain", "DatasetType", "DataFrequency", "Schema")
OURS = {name.lower() for name in ALGORITHMS}

Work = Callable[[], None]
"""Does all work that is queued here, and waits for its end."""


class Migration:
    """Moves dataset groups from the client ``there`` to the client ``here``."""

    def __init__(self, there: Any, here: Any, work: Work, exported: ExportedForecasts) -> None:
        self.there = there
        self.here = here
        self.work = work
        self.exported = exported

    def groups(self) -> dict[str, str]:
        """Name -> ARN of the dataset groups at Amazon."""
        with translate_errors():
            return arns_by_name(self.there, "list_dataset_groups", "DatasetGroups", "DatasetGroup")

    def move(self, name: str) -> Iterator[Compared]:
        """Rebuild a group with its data, then its predictors, one after another.

        Raises
        ------
        NotFound
            Amazon has no dataset group of this name.
        InvalidData
            The files of an import are no longer on S3.
        """
        groups = self.groups()
        if name not in groups:
            known = ", ".join(sorted(groups)) or "none"
            raise NotFound(
                f"Dataset group '{name}' does not exist in this account. It has: {known}."
            )
        with translate_errors():
            group = self._move_group(groups[name])
            summaries = list_summaries(self.there, "list_predictors", "Predictors", groups[name])
        for summary in reversed(summaries):  # the oldest first, as they were made
            if summary["Status"] == "ACTIVE":
                with translate_errors():
                    yield self._move_predictor(name, group, summary)

    def _move_group(self, arn: str) -> str:
        description = self.there.describe_dataset_group(DatasetGroupArn=arn)
        datasets = [self._move_dataset(one) for one in description.get("DatasetArns", [])]
        self.work()
        found = arns_by_name(self.here, "list_dataset_groups", "DatasetGroups", "DatasetGroup")
        name = description["DatasetGroupName"]
        if name in found:
            self.here.update_dataset_group(DatasetGroupArn=found[name], DatasetArns=datasets)
            return found[name]
        answer = self.here.create_dataset_group(
            DatasetGroupName=name, Domain=description["Domain"], DatasetArns=datasets
        )
        return str(answer["DatasetGroupArn"])

    def _move_dataset(self, arn: str) -> str:
        """A dataset with the same schema, and the import jobs whose rows it holds."""
        description = self.there.describe_dataset(DatasetArn=arn)
        name = description["DatasetName"]
        found = arns_by_name(self.here, "list_datasets", "Datasets", "Dataset")
        here = found.get(name) or str(
            self.here.create_dataset(**_only(description, DATASET_SETTINGS))["DatasetArn"]
        )
        for job in self._holding_jobs(arn):
            self._repeat_job(job, here)
        return here

    def _holding_jobs(self, dataset: str) -> list[dict[str, Any]]:
        """The last full import job that is ACTIVE, and those after it, oldest first."""
        of_dataset = {"Key": "DatasetArn", "Condition": "IS", "Value": dataset}
        pager = self.there.get_paginator("list_dataset_import_jobs")
        pages = pager.paginate(Filters=[of_dataset])
        arns = [
            job["DatasetImportJobArn"]
            for page in pages
            for job in page["DatasetImportJobs"]
            if job["Status"] == "ACTIVE"
        ]
        jobs = [self.there.describe_dataset_import_job(DatasetImportJobArn=one) for one in arns]
        jobs.sort(key=lambda job: job["CreationTime"])
        full = [n for n, job in enumerate(jobs) if job.get("ImportMode", "FULL") == "FULL"]
        return jobs[full[-1] :] if full else jobs

    def _repeat_job(self, job: Mapping[str, Any], dataset: str) -> None:
        """Import the same files here; a job of this name that is there already is not repeated."""
        request = _only(job, IMPORT_SETTINGS)
        if request.get("UseGeolocationForTimeZone") is False:
            request.pop("GeolocationFormat", None)
        try:
            answer = self.here.create_dataset_import_job(**request, DatasetArn=dataset)
        except ClientError as error:
            if error_code(error) != ALREADY_EXISTS:
                raise
            return
        self.work()  # later jobs add to the rows of this one
        arn = answer["DatasetImportJobArn"]
        made = self.here.describe_dataset_import_job(DatasetImportJobArn=arn)
        if made["Status"] != "ACTIVE":
            self.here.delete_dataset_import_job(DatasetImportJobArn=arn)  # a repetition makes it
            self.work()
            raise InvalidData(
                f"Import job '{job['DatasetImportJobName']}' cannot be repeated: "
                f"{made.get('Message') or made['Status']} Put its files back, then repeat this."
            )

    def _move_predictor(self, name: str, group: str, summary: Mapping[str, Any]) -> Compared:
        is_auto = bool(summary.get("IsAutoPredictor"))
        describe = self.there.describe_auto_predictor if is_auto else self.there.describe_predictor
        description = describe(PredictorArn=summary["PredictorArn"])
        try:
            here, note = self._train(description, group, is_auto)
        except ClientError as error:
            return unable(name, summary, str(error.response["Error"].get("Message")))
        self.work()
        trained = self._describe_here(here)
        if trained["Status"] != "ACTIVE":
            return unable(name, summary, str(trained.get("Message") or trained["Status"]))
        forecast = self._move_forecast(summary["PredictorArn"], here)
        difference = None if forecast is None else self._difference(*forecast)
        compared = compare(self.there, self.here, name, description, trained, forecast, note)
        return replace(compared, forecast_difference=difference)

    def _difference(self, there: str, here: str) -> float | None:
        """How far the medians differ from those in the newest export; None without an export."""
        of_forecast = {"Key": "ForecastArn", "Condition": "IS", "Value": there}
        pager = self.there.get_paginator("list_forecast_export_jobs")
        pages = pager.paginate(Filters=[of_forecast])
        jobs = [
            job for page in pages for job in page["ForecastExportJobs"] if job["Status"] == "ACTIVE"
        ]
        if not jobs:
            return None
        arn = max(jobs, key=lambda job: job["CreationTime"])["ForecastExportJobArn"]
        export = self.there.describe_forecast_export_job(ForecastExportJobArn=arn)
        try:
            return self.exported.difference(export, here)
        except InvalidData as error:  # its files may be gone; the forecast is made all the same
            logger.warning("%s", error.detail, extra={"event": "export_unread"})
            return None

    def _train(
        self, description: Mapping[str, Any], group: str, is_auto: bool
    ) -> tuple[str, str | None]:
        """ARN of the predictor here, new or of an earlier attempt, and what differs."""
        existing = arns_by_name(self.here, "list_predictors", "Predictors", "Predictor")
        name = description["PredictorName"]
        algorithm = str(description.get("AlgorithmArn", "")).rpartition("/")[2]
        note = None
        if not is_auto and algorithm.lower() not in OURS:
            note = f"{algorithm or 'AutoML'} is trained as an auto predictor here"
        if name in existing:
            return existing[name], note
        if is_auto or note is not None:
            return self._train_auto(description, group), note
        data = {**description["InputDataConfig"], "DatasetGroupArn": group}
        answer = self.here.create_predictor(
            **_only(description, LEGACY_SETTINGS),
            InputDataConfig=data,
            FeaturizationConfig=description["FeaturizationConfig"],
        )
        return str(answer["PredictorArn"]), None

    def _train_auto(self, description: Mapping[str, Any], group: str) -> str:
        request = _only(description, AUTO_SETTINGS)
        legacy = description.get("FeaturizationConfig", {})
        request.setdefault("ForecastFrequency", legacy.get("ForecastFrequency"))
        if dimensions := legacy.get("ForecastDimensions"):
            request.setdefault("ForecastDimensions", dimensions)
        data = {**description.get("DataConfig", {}), "DatasetGroupArn": group}
        answer = self.here.create_auto_predictor(**request, DataConfig=data)
        return str(answer["PredictorArn"])

    def _describe_here(self, arn: str) -> dict[str, Any]:
        summaries = [
            one
            for page in self.here.get_paginator("list_predictors").paginate()
            for one in page["Predictors"]
            if one["PredictorArn"] == arn
        ]
        is_auto = summaries[0].get("IsAutoPredictor")
        describe = self.here.describe_auto_predictor if is_auto else self.here.describe_predictor
        return dict(describe(PredictorArn=arn))

    def _move_forecast(self, there: str, here: str) -> tuple[str, str] | None:
        """The newest forecast of a predictor, there and made again here; None without one."""
        of_predictor = {"Key": "PredictorArn", "Condition": "IS", "Value": there}
        pager = self.there.get_paginator("list_forecasts")
        pages = pager.paginate(Filters=[of_predictor])
        active = [one for page in pages for one in page["Forecasts"] if one["Status"] == "ACTIVE"]
        if not active:
            return None
        newest = max(active, key=lambda one: one["CreationTime"])
        existing = arns_by_name(self.here, "list_forecasts", "Forecasts", "Forecast")
        name = newest["ForecastName"]
        if name not in existing:
            types = self.there.describe_forecast(ForecastArn=newest["ForecastArn"])
            self.here.create_forecast(
                ForecastName=name, PredictorArn=here, ForecastTypes=types["ForecastTypes"]
            )
            self.work()
            existing = arns_by_name(self.here, "list_forecasts", "Forecasts", "Forecast")
        return newest["ForecastArn"], existing[name]


def _only(description: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    """The members of a description that a Create call takes, without empty ones."""
    found = {name: description.get(name) for name in members}
    return {name: value for name, value in found.items() if value or value is False or value == 0}
