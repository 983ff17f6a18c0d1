"""Cleaning: deletes what we made at Amazon and no longer need, children first.

Only resources with our tag for this dataset group are deleted. What somebody else made is never
touched, and protects its parents: Amazon refuses to delete a resource with children.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from forecast_service.amazon.made import arns_by_name, find_group
from forecast_service.aws import translate_errors
from forecast_service.errors import Conflict, NotFound
from forecast_service.session import OUR_TAG, ForecastSession
from forecast_service.trainer import list_summaries

__all__ = ["KEPT", "delete_superseded"]

logger = logging.getLogger(__name__)

KEPT = 3  # newest resources of each kind that stay
ENDED = ("ACTIVE", "CREATE_FAILED", "CREATE_STOPPED")

Summary = dict[str, Any]


def delete_superseded(session: ForecastSession, group: str) -> int:
    """Delete what is older than the newest three of its kind; return how many deletions began.

    A predictor whose forecast is still being deleted goes at the next call.
    """
    with translate_errors():
        arn = find_group(session.forecast, group)
    return 0 if arn is None else _Cleaning(session.forecast, group, arn).clean()


class _Cleaning:
    def __init__(self, client: Any, group: str, group_arn: str) -> None:
        self.client = client
        self.group = group
        self.group_arn = group_arn

    def clean(self) -> int:
        forecasts = self._ours(self._of_group("list_forecasts", "Forecasts"), "ForecastArn")
        predictors = self._ours(self._of_group("list_predictors", "Predictors"), "PredictorArn")
        old_predictors = _superseded(predictors)
        gone = {summary["PredictorArn"] for summary in old_predictors}
        old = _superseded(forecasts)
        old += [one for one in forecasts if one.get("PredictorArn") in gone and one not in old]
        count = self._delete("forecast", old) + self._delete("predictor", old_predictors)
        with translate_errors():
            description = self.client.describe_dataset_group(DatasetGroupArn=self.group_arn)
            datasets = arns_by_name(self.client, "list_datasets", "Datasets", "Dataset")
        in_group = description.get("DatasetArns", [])
        ours = [arn for arn in datasets.values() if self._is_ours(arn)]  # newest first
        left = [arn for arn in ours if arn not in in_group][KEPT:]
        count += sum(self._clean_dataset(arn) for arn in ours if arn in in_group)
        return count + sum(self._delete_dataset(arn) for arn in left)

    def _clean_dataset(self, dataset: str) -> int:
        """Delete import jobs before the last full one: their rows are gone."""
        jobs = self._ours(self._import_jobs(dataset), "DatasetImportJobArn")
        full = [
            place
            for place, job in enumerate(jobs)
            if job["Status"] == "ACTIVE" and job.get("ImportMode", "FULL") == "FULL"
        ]
        superseded = [job for job in _superseded(jobs) if full and job in jobs[full[0] + 1 :]]
        return self._delete("dataset_import_job", superseded)

    def _delete_dataset(self, dataset: str) -> int:
        jobs = self._ours(self._import_jobs(dataset), "DatasetImportJobArn")
        count = self._delete("dataset_import_job", jobs)
        return count + self._delete("dataset", [{"DatasetArn": dataset}])

    def _of_group(self, operation: str, member: str) -> list[Summary]:
        """Summaries of the group's resources, newest first."""
        found = list_summaries(self.client, operation, member, self.group_arn)
        return sorted(found, key=lambda summary: summary["CreationTime"], reverse=True)

    def _import_jobs(self, dataset: str) -> list[Summary]:
        of_dataset = {"Key": "DatasetArn", "Condition": "IS", "Value": dataset}
        with translate_errors():
            pager = self.client.get_paginator("list_dataset_import_jobs")
            pages = list(pager.paginate(Filters=[of_dataset]))
        jobs = [job for page in pages for job in page["DatasetImportJobs"]]
        return sorted(jobs, key=lambda job: job["CreationTime"], reverse=True)

    def _ours(self, summaries: Iterable[Summary], member: str) -> list[Summary]:
        ended = [one for one in summaries if one.get("Status") in ENDED]
        return [one for one in ended if self._is_ours(one[member])]

    def _is_ours(self, arn: str) -> bool:
        try:
            with translate_errors():
                tags = self.client.list_tags_for_resource(ResourceArn=arn)["Tags"]
        except NotFound:
            return False
        return {"Key": OUR_TAG, "Value": self.group} in tags

    def _delete(self, type: str, summaries: Iterable[Summary]) -> int:
        member = type.title().replace("_", "") + "Arn"
        delete = getattr(self.client, f"delete_{type}")
        count = 0
        for summary in summaries:
            try:
                with translate_errors():
                    delete(**{member: summary[member]})
                count += 1
            except (NotFound, Conflict) as error:
                logger.info("not deleted: %s", error, extra={"event": "prune_kept"})
        return count


def _superseded(summaries: list[Summary]) -> list[Summary]:
    """Those after the newest three that are ACTIVE; newest first."""
    kept = [one for one in summaries if one.get("Status") == "ACTIVE"][:KEPT]
    return [one for one in summaries if one not in kept]
