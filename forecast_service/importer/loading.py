"""Loading: datasets and import jobs through the Amazon Forecast API, one step at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from forecast_service.aws import ALREADY_EXISTS, error_code, translate_errors
from forecast_service.engine.calendar import parse_frequency
from forecast_service.errors import BackendUnavailable, InvalidData
from forecast_service.importer.plan import METADATA, RELATED, TARGET, Part, Plan
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings

__all__ = ["Loader", "job_name", "uri_of"]

DOMAIN = "RETAIL"
TYPES = {
    TARGET: "TARGET_TIME_SERIES",
    RELATED: "RELATED_TIME_SERIES",
    METADATA: "ITEM_METADATA",
}
SUFFIXES = {TARGET: "", RELATED: "_related", METADATA: "_metadata"}
# The sales come last, and no run begins before they are in. If they fail, the rest is undone.
WAVES = ((RELATED, METADATA), (TARGET,))
UNFINISHED = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
NOTHING_KEPT = "Nothing of this import is used."
PART_KEPT = "Its sales are not used; covariates and store attributes may be loaded already."


def uri_of(settings: Settings, import_id: str, kind: str = "") -> str:
    """Where the files of an import (or of one of its datasets) stand in the bucket."""
    folder = f"s3://{settings.bucket}/imports/{import_id}/"
    return f"{folder}{kind}/" if kind else folder


def job_name(import_id: str) -> str:
    """What each import job of an import is called, inside the dataset of each."""
    return f"import_{import_id}"


class Loader:
    """Loads one import; every method may be called again after a crash."""

    def __init__(self, session: ForecastSession, settings: Settings, import_id: str) -> None:
        self.session = session
        self.settings = settings
        self.import_id = import_id
        self.extension = session.file_format

    def advance(self, plan: Plan, folder: Path) -> tuple[Plan, bool]:
        """Start what can be started now, and say whether everything is loaded.

        ``folder`` holds a file per part, named by its kind. An import job that runs is only
        looked at: call again after a while.

        Raises
        ------
        InvalidData
            A dataset has another schema, or an import job failed.
        """
        for wave in WAVES:
            parts = [part for part in plan.parts if part.kind in wave]
            waiting = [part for part in parts if part.kind not in plan.jobs]
            if waiting:
                return plan.with_jobs(self._start(plan, waiting, folder)), False
            if not all(self._is_active(plan.jobs[part.kind]) for part in parts):
                return plan, False
        return plan, True

    def group_arn(self) -> str:
        """ARN of the dataset group; it is created when it does not exist."""
        name = self.settings.dataset_group
        try:
            answer = self.session.forecast.create_dataset_group(
                DatasetGroupName=name, Domain=DOMAIN
            )
            return str(answer["DatasetGroupArn"])
        except ClientError as error:
            _unless_exists(error)
        groups = self._arns("list_dataset_groups", "DatasetGroups", "DatasetGroup")
        return _listed(groups, name)

    def _start(self, plan: Plan, parts: Sequence[Part], folder: Path) -> dict[str, str]:
        with translate_errors():
            arns = self._ensure_datasets(plan)
            return {
                part.kind: self._start_job(part, arns[part.kind], folder / self._file(part))
                for part in parts
            }

    def _ensure_datasets(self, plan: Plan) -> dict[str, str]:
        """ARN of every dataset of the plan; refuses before anything is created."""
        existing = self._arns("list_datasets", "Datasets", "Dataset")
        names = {part.kind: self.settings.dataset_name + SUFFIXES[part.kind] for part in plan.parts}
        for part in plan.parts:
            if names[part.kind] in existing:
                self._refuse_other(plan, part, names[part.kind], existing[names[part.kind]])
        arns, frequency = {}, parse_frequency(plan.frequency).unit
        for part in plan.parts:
            name = names[part.kind]
            arns[part.kind] = existing.get(name) or self._create_dataset(part, name, frequency)
        self._update_group(arns)
        return arns

    def _refuse_other(self, plan: Plan, part: Part, name: str, arn: str) -> None:
        found = self.session.forecast.describe_dataset(DatasetArn=arn)
        columns = [a["AttributeName"] for a in found["Schema"]["Attributes"]]
        wanted = [column for column, _ in part.schema]
        if columns != wanted or found["Domain"] != DOMAIN:
            raise InvalidData(
                f"Dataset '{name}' exists with the columns {', '.join(columns)} "
                f"(domain {found['Domain']}); this import has {', '.join(wanted)} ({DOMAIN}). "
                "Import the same columns, or set FORECAST_DATASET_NAME and "
                "FORECAST_DATASET_GROUP to new names to start afresh."
            )

        unit = parse_frequency(plan.frequency).unit
        if found.get("DataFrequency", unit) != unit:
            raise InvalidData(
                f"Dataset '{name}' exists with the frequency '{found['DataFrequency']}'; this "
                f"import has '{unit}'. Import the same kind of data, or set FORECAST_DATASET_NAME "
                "and FORECAST_DATASET_GROUP to new names to start afresh."
            )

    def _create_dataset(self, part: Part, name: str, frequency: str) -> str:
        rows_are = {} if part.kind == METADATA else {"DataFrequency": frequency}
        attributes = [{"AttributeName": n, "AttributeType": kind} for n, kind in part.schema]
        answer = self.session.forecast.create_dataset(
            DatasetName=name,
            Domain=DOMAIN,
            DatasetType=TYPES[part.kind],
            Schema={"Attributes": attributes},
            **rows_are,
        )
        return str(answer["DatasetArn"])

    def _update_group(self, arns: Mapping[str, str]) -> None:
        group = self.group_arn()
        found = self.session.forecast.describe_dataset_group(DatasetGroupArn=group)
        present = list(found.get("DatasetArns", []))
        missing = [arn for arn in arns.values() if arn not in present]
        if missing:
            self.session.forecast.update_dataset_group(
                DatasetGroupArn=group, DatasetArns=[*present, *missing]
            )

    def _start_job(self, part: Part, dataset_arn: str, file: Path) -> str:
        folder = uri_of(self.settings, self.import_id, part.kind)
        self.session.bucket.put(file, f"{folder}part-0.{self.extension}")
        name = job_name(self.import_id)
        try:
            answer = self.session.forecast.create_dataset_import_job(
                DatasetImportJobName=name,
                DatasetArn=dataset_arn,
                DataSource={"S3Config": {"Path": folder, "RoleArn": self.settings.role_arn}},
                TimestampFormat="yyyy-MM-dd",
                Format=self.extension.upper(),
                ImportMode=part.mode,
            )
            return str(answer["DatasetImportJobArn"])
        except ClientError as error:
            _unless_exists(error)
        of_dataset = {"Key": "DatasetArn", "Condition": "IS", "Value": dataset_arn}
        jobs = self._arns(
            "list_dataset_import_jobs", "DatasetImportJobs", "DatasetImportJob", [of_dataset]
        )
        return _listed(jobs, name)

    def _is_active(self, job_arn: str) -> bool:
        with translate_errors():
            job = self.session.forecast.describe_dataset_import_job(DatasetImportJobArn=job_arn)
        if job["Status"] in UNFINISHED:
            return False
        if job["Status"] != "ACTIVE":
            reason = job.get("Message") or f"its status is {job['Status']}."
            kept = NOTHING_KEPT if self.session.details.undoes_imports else PART_KEPT
            raise InvalidData(
                f"Import job '{job['DatasetImportJobName']}' of Amazon Forecast failed: {reason} "
                f"{kept} Correct the cause and import again."
            )
        return True

    def _arns(
        self, operation: str, member: str, stem: str, filters: Sequence[Any] = ()
    ) -> dict[str, str]:
        """Name -> ARN of everything that a List operation gives."""
        pages = self.session.forecast.get_paginator(operation).paginate(
            **({"Filters": list(filters)} if filters else {})
        )
        return {
            entry[f"{stem}Name"]: entry[f"{stem}Arn"] for page in pages for entry in page[member]
        }

    def _file(self, part: Part) -> str:
        return f"{part.kind}.{self.extension}"


def _unless_exists(error: ClientError) -> None:
    if error_code(error) != ALREADY_EXISTS:
        raise error


def _listed(arns: Mapping[str, str], name: str) -> str:
    # Creation and deletion are asynchronous there: the name may show up, or be freed.
    if name not in arns:
        raise BackendUnavailable(
            f"The name '{name}' is taken, but Amazon Forecast lists nothing of that name. "
            "Try again in a moment."
        )
    return arns[name]
