"""Feeding: copies the datasets of a group from our own Amazon Forecast to Amazon's.

Nothing is remembered here. What Amazon has is read from the names of its import jobs, which contain
a digest of the rows: a repeated step finds what an earlier one did.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forecast_service.amazon.made import arns_by_name, ensure_dataset, ensure_group
from forecast_service.aws import translate_errors
from forecast_service.common.arrow import write_csv_rows
from forecast_service.errors import InvalidData
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["Feeding"]

UNFINISHED = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
DIGEST_LENGTH = 12
MAX_NAME = 63
ORDER = ("TARGET_TIME_SERIES", "RELATED_TIME_SERIES", "ITEM_METADATA")


class Feeding:
    """Brings Amazon's copy of one dataset group up to date."""

    def __init__(
        self,
        local: ForecastSession,
        amazon: ForecastSession,
        settings: Settings,
        database: Database,
    ) -> None:
        self.local = local
        self.amazon = amazon
        self.settings = settings
        self.snapshots = SnapshotStore(database, settings.home)

    def advance(self, group: DatasetGroup, since: float) -> str | None:
        """Start what is missing; return the group's ARN at Amazon once all is there, else None.

        An import job that failed before ``since`` (epoch seconds) is made again.

        Raises
        ------
        InvalidData
            Amazon could not import a file.
        """
        with translate_errors():
            arn = ensure_group(self.amazon.forecast, group.name, self.amazon.tagging)
            datasets = self._datasets(group)
            there = {
                d["DatasetArn"]: self._dataset_at_amazon(d)
                for d in datasets
                if self.snapshots.version(d["DatasetArn"])
            }
            done = [
                self._is_fed(d, there[d["DatasetArn"]], since)
                for d in datasets
                if d["DatasetArn"] in there
            ]
            if not all(done):
                return None
            self._update_group(arn, list(there.values()))
        return arn

    def is_up_to_date(self, group: DatasetGroup) -> bool:
        """Whether Amazon has our rows already; nothing is changed."""
        with translate_errors():
            names = arns_by_name(self.amazon.forecast, "list_datasets", "Datasets", "Dataset")
            for dataset in self._datasets(group):
                if not self.snapshots.version(dataset["DatasetArn"]):
                    continue
                arn = names.get(dataset["DatasetName"])
                newest = None if arn is None else _newest(self._jobs(arn))
                start = self._start_of_name(dataset)
                if newest is None or not newest["DatasetImportJobName"].startswith(start):
                    return False
        return True

    def _start_of_name(self, dataset: Mapping[str, Any]) -> str:
        """How the names of import jobs with our present rows begin."""
        files = self.snapshots.verified(dataset["DatasetArn"])
        digest = hashlib.sha256("".join(f.sha256 for f in files).encode()).hexdigest()
        return f"rows_{digest[:DIGEST_LENGTH]}_"

    def _datasets(self, group: DatasetGroup) -> list[dict[str, Any]]:
        """Our descriptions of the group's datasets, the target first."""
        client = self.local.forecast
        arns = client.describe_dataset_group(DatasetGroupArn=group.arn)["DatasetArns"]
        described = [client.describe_dataset(DatasetArn=arn) for arn in arns]
        return sorted(described, key=lambda dataset: ORDER.index(dataset["DatasetType"]))

    def _dataset_at_amazon(self, dataset: Mapping[str, Any]) -> str:
        """ARN of Amazon's dataset with the same name, or with a name for this schema."""
        client, name = self.amazon.forecast, str(dataset["DatasetName"])
        arn = ensure_dataset(client, name, dataset, self.amazon.tagging)
        if _kind_of(client.describe_dataset(DatasetArn=arn)) == _kind_of(dataset):
            return arn
        digest = hashlib.sha256(repr(_kind_of(dataset)).encode()).hexdigest()[:8]
        other = f"{name[: MAX_NAME - 9]}_{digest}"
        return ensure_dataset(client, other, dataset, self.amazon.tagging)

    def _is_fed(self, dataset: Mapping[str, Any], arn: str, since: float) -> bool:
        """Whether Amazon's dataset has our rows; if not, an import job is started or under way."""
        start, jobs = self._start_of_name(dataset), self._jobs(arn)
        newest = _newest(jobs)
        if newest is None or not newest["DatasetImportJobName"].startswith(start):
            self._start(dataset, arn, f"{start}{len(jobs)}")
            return False
        if newest["Status"] in UNFINISHED:
            return False
        name = newest["DatasetImportJobName"]
        if newest["Status"] == "ACTIVE":
            self.amazon.bucket.discard(self._folder(arn, name))
            return True
        if newest["CreationTime"].timestamp() < since:
            self._start(dataset, arn, f"{start}{len(jobs)}")
            return False
        raise InvalidData(
            f"Import job '{name}' of Amazon Forecast failed: "
            f"{newest.get('Message') or newest['Status']}"
        )

    def _jobs(self, dataset_arn: str) -> list[dict[str, Any]]:
        of_dataset = {"Key": "DatasetArn", "Condition": "IS", "Value": dataset_arn}
        pager = self.amazon.forecast.get_paginator("list_dataset_import_jobs")
        pages = pager.paginate(Filters=[of_dataset])
        return [job for page in pages for job in page["DatasetImportJobs"]]

    def _start(self, dataset: Mapping[str, Any], arn: str, name: str) -> None:
        folder = self._folder(arn, name)
        columns = [a["AttributeName"] for a in dataset["Schema"]["Attributes"]]
        table = self.snapshots.read(dataset["DatasetArn"]).select(columns)
        with tempfile.TemporaryDirectory(dir=self.settings.home) as scratch:
            file = Path(scratch) / "part-0.csv"
            write_csv_rows(table, file)
            self.amazon.bucket.put(file, f"{folder}part-0.csv")
        self.amazon.forecast.create_dataset_import_job(
            DatasetImportJobName=name,
            DatasetArn=arn,
            DataSource={"S3Config": {"Path": folder, "RoleArn": self.settings.role_arn}},
            TimestampFormat="yyyy-MM-dd",
            Format="CSV",
            ImportMode="FULL",
            **self.amazon.tagging,
        )

    def _folder(self, dataset_arn: str, job: str) -> str:
        dataset = dataset_arn.rpartition("/")[2]
        return f"s3://{self.settings.bucket}/imports/{dataset}/{job}/"

    def _update_group(self, arn: str, datasets: Sequence[str]) -> None:
        client = self.amazon.forecast
        present = client.describe_dataset_group(DatasetGroupArn=arn).get("DatasetArns", [])
        if set(present) != set(datasets):
            client.update_dataset_group(DatasetGroupArn=arn, DatasetArns=list(datasets))


def _newest(jobs: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return max(jobs, key=lambda job: job["CreationTime"], default=None)


def _kind_of(dataset: Mapping[str, Any]) -> tuple[Any, ...]:
    """What must be equal for rows to fit: columns with their types, frequency, domain."""
    columns = [(a["AttributeName"], a["AttributeType"]) for a in dataset["Schema"]["Attributes"]]
    return columns, dataset.get("DataFrequency"), dataset["Domain"]
