"""Loading: creates datasets and import jobs with the Amazon Forecast API, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from forecast_service.aws import ALREADY_EXISTS, error_code, translate_errors
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.errors import BackendUnavailable, InvalidData
from forecast_service.importer.plan import METADATA_PART, RELATED_PART, TARGET_PART, Part, Plan
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings

__all__ = ["Loader", "job_name", "uri_of"]

DOMAIN = "RETAIL"
TYPES = {
    TARGET_PART: "TARGET_TIME_SERIES",
    RELATED_PART: "RELATED_TIME_SERIES",
    METADATA_PART: "ITEM_METADATA",
}
SUFFIXES = {TARGET_PART: "", RELATED_PART: "_related", METADATA_PART: "_metadata"}
# The sales come last, and no run begins before them. If they fail, the other parts are undone.
WAVES = ((RELATED_PART, METADATA_PART), (TARGET_PART,))
MAX_NAME = 63  # characters of a name in Amazon Forecast
UNFINISHED = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
NOTHING_KEPT = "Nothing of this import is used."
PART_KEPT = "Its sales are not used; covariates and store attributes may be loaded already."


def uri_of(settings: Settings, import_id: str, kind: str = "") -> str:
    """Folder in the bucket with the files of an import, or with those of one of its datasets."""
    folder = f"s3://{settings.bucket}/imports/{import_id}/"
    return f"{folder}{kind}/" if kind else folder


def job_name(import_id: str) -> str:
    """Name of the import jobs of an import; each is in another dataset."""
    return f"import_{import_id}"


class Loader:
    """Loads one import. Every method may be called again after a crash."""

    def __init__(self, session: ForecastSession, settings: Settings, import_id: str) -> None:
        self.session = session
        self.settings = settings
        self.import_id = import_id
        self.extension = session.file_format

    def advance(self, plan: Plan, folder: Path) -> tuple[Plan, bool]:
        """Start the import jobs that can start now; return the plan and whether all are done.

        ``folder`` has a file per part, named by its kind. The call does not wait for running
        import jobs: call again after a while.

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
        """ARN of the dataset group, which is created if it does not exist."""
        name = self.settings.dataset_group
        try:
            answer = self.session.forecast.create_dataset_group(
                DatasetGroupName=name, Domain=DOMAIN, **self.session.tagging
            )
            return str(answer["DatasetGroupArn"])
        except ClientError as error:
            _raise_unless_exists(error)
        groups = self._arns("list_dataset_groups", "DatasetGroups", "DatasetGroup")
        return _arn_of(name, groups)

    def _start(self, plan: Plan, parts: Sequence[Part], folder: Path) -> dict[str, str]:
        with translate_errors():
            arns = self._ensure_datasets(plan)
            return {
                part.kind: self._start_job(part, arns[part.kind], folder / self._file(part))
                for part in parts
            }

    def _ensure_datasets(self, plan: Plan) -> dict[str, str]:
        """ARN of every dataset of the plan. Refuses before it creates anything."""
        existing = self._arns("list_datasets", "Datasets", "Dataset")
        present = self._present()
        names = {part.kind: self._name(plan, part, present, existing) for part in plan.parts}
        arns, frequency = {}, parse_frequency(plan.frequency).unit
        for part in plan.parts:
            name = names[part.kind]
            arns[part.kind] = existing.get(name) or self._create_dataset(part, name, frequency)
        self._update_group(plan, arns, present)
        return arns

    def _present(self) -> dict[str, dict[str, Any]]:
        """Descriptions of the datasets in the group, by type."""
        client = self.session.forecast
        groups = self._arns("list_dataset_groups", "DatasetGroups", "DatasetGroup")
        arn = groups.get(self.settings.dataset_group)
        if arn is None:
            return {}
        group = client.describe_dataset_group(DatasetGroupArn=arn)
        described = [client.describe_dataset(DatasetArn=a) for a in group.get("DatasetArns", [])]
        return {dataset["DatasetType"]: dataset for dataset in described}

    def _name(
        self,
        plan: Plan,
        part: Part,
        present: Mapping[str, Mapping[str, Any]],
        existing: Mapping[str, str],
    ) -> str:
        """Name of the dataset for a part.

        A full import with another schema gets a new dataset, which takes the place of the old one.
        """
        dataset = present.get(TYPES[part.kind])
        name = self.settings.dataset_name + SUFFIXES[part.kind]
        if dataset is not None:
            name = dataset["DatasetName"]
            if plan.mode == "FULL" and part.kind != METADATA_PART:
                is_fitting = _columns_of(dataset) == [column for column, _ in part.schema]
                unit = parse_frequency(plan.frequency).unit
                if not is_fitting or dataset.get("DataFrequency", unit) != unit:
                    base = self.settings.dataset_name + SUFFIXES[part.kind]
                    name = f"{base[: MAX_NAME - 9]}_{self.import_id[:8]}"
        if name in existing:
            self._refuse_other_schema(plan, part, name, existing[name])
        return name

    def _refuse_other_schema(self, plan: Plan, part: Part, name: str, arn: str) -> None:
        dataset = self.session.forecast.describe_dataset(DatasetArn=arn)
        existing = _columns_of(dataset)
        columns = [column for column, _ in part.schema]
        if existing != columns or dataset["Domain"] != DOMAIN:
            raise InvalidData(
                f"Dataset '{name}' exists with the columns {', '.join(existing)} "
                f"(domain {dataset['Domain']}); this import has {', '.join(columns)} ({DOMAIN}). "
                "Import the same columns, or set FORECAST_DATASET_NAME and "
                "FORECAST_DATASET_GROUP to new names to start afresh."
            )
        unit = parse_frequency(plan.frequency).unit
        if dataset.get("DataFrequency", unit) != unit:
            raise InvalidData(
                f"Dataset '{name}' exists with the frequency '{dataset['DataFrequency']}'; this "
                f"import has '{unit}'. Import the same kind of data, or set FORECAST_DATASET_NAME "
                "and FORECAST_DATASET_GROUP to new names to start afresh."
            )

    def _create_dataset(self, part: Part, name: str, frequency: str) -> str:
        optional = {} if part.kind == METADATA_PART else {"DataFrequency": frequency}
        attributes = [{"AttributeName": n, "AttributeType": kind} for n, kind in part.schema]
        answer = self.session.forecast.create_dataset(
            DatasetName=name,
            Domain=DOMAIN,
            DatasetType=TYPES[part.kind],
            Schema={"Attributes": attributes},
            **optional,
            **self.session.tagging,
        )
        return str(answer["DatasetArn"])

    def _update_group(
        self, plan: Plan, arns: Mapping[str, str], present: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Put the datasets into the group. A full import without covariates removes theirs."""
        before = {kind: str(dataset["DatasetArn"]) for kind, dataset in present.items()}
        after = {**before, **{TYPES[kind]: arn for kind, arn in arns.items()}}
        if plan.mode == "FULL" and not plan.covariates:
            after.pop(TYPES[RELATED_PART], None)
        if after != before:
            self.session.forecast.update_dataset_group(
                DatasetGroupArn=self.group_arn(), DatasetArns=list(after.values())
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
                **self.session.tagging,
            )
            return str(answer["DatasetImportJobArn"])
        except ClientError as error:
            _raise_unless_exists(error)
        in_dataset = {"Key": "DatasetArn", "Condition": "IS", "Value": dataset_arn}
        jobs = self._arns(
            "list_dataset_import_jobs", "DatasetImportJobs", "DatasetImportJob", [in_dataset]
        )
        return _arn_of(name, jobs)

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
        """Name -> ARN of all results of a List operation."""
        pages = self.session.forecast.get_paginator(operation).paginate(
            **({"Filters": list(filters)} if filters else {})
        )
        return {
            entry[f"{stem}Name"]: entry[f"{stem}Arn"] for page in pages for entry in page[member]
        }

    def _file(self, part: Part) -> str:
        return f"{part.kind}.{self.extension}"


def _columns_of(dataset: Mapping[str, Any]) -> list[str]:
    return [attribute["AttributeName"] for attribute in dataset["Schema"]["Attributes"]]


def _raise_unless_exists(error: ClientError) -> None:
    if error_code(error) != ALREADY_EXISTS:
        raise error


def _arn_of(name: str, arns: Mapping[str, str]) -> str:
    # Amazon creates and deletes asynchronously: the name may appear soon, or become free.
    if name not in arns:
        raise BackendUnavailable(
            f"The name '{name}' is taken, but Amazon Forecast does not list it. "
            "Try again in a moment."
        )
    return arns[name]
