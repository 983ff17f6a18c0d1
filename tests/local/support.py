"""Resources for the tests of jobs, made directly in the catalog."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecast_service.common.keys import series_key
from forecast_service.local import catalog
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs import lifecycle
from forecast_service.local.resource_details import JobDetails, PredictorDetails
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Claim, Queue, new_id
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.stored_forecast import predictions
from forecast_service.storage.tables import work
from forecast_service.storage.work import add_work

ARN = "arn:aws:forecast:eu-west-1:000000000000"
SEASONAL_NAIVE = "arn:aws:forecast:::algorithm/Seasonal_Naive"
PROPHET = "arn:aws:forecast:::algorithm/Prophet"
TARGET, RELATED, METADATA = "TARGET_TIME_SERIES", "RELATED_TIME_SERIES", "ITEM_METADATA"
GROUP_ARN = f"{ARN}:dataset-group/store_demand_group"
TARGET_FIELDS = {"item_id": "string", "timestamp": "timestamp", "demand": "float"}
GOOD = "1,2015-01-01,5\n1,2015-01-02,6.5\n"


@dataclass
class World:
    """A dataset group in a real database, and the means to run jobs on it as a worker does."""

    database: Database
    settings: Settings
    queue: Queue
    datasets: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def bucket(self) -> LocalBucket:
        return LocalBucket(self.settings.home)

    def dataset(
        self, name: str, kind: str, fields: Mapping[str, str], domain: str = "RETAIL"
    ) -> str:
        """Create a dataset and put it into the group; return its ARN."""
        arn = f"{ARN}:dataset/{name}"
        attributes = [{"AttributeName": n, "AttributeType": t} for n, t in fields.items()]
        request = {
            "DatasetName": name,
            "Domain": domain,
            "DatasetType": kind,
            "DataFrequency": "D",
            "Schema": {"Attributes": attributes},
        }
        self.datasets.append(arn)
        with self.database.write() as connection:
            catalog.insert(
                connection, arn=arn, type="dataset", name=name, status="ACTIVE", request=request
            )
            group = {"DatasetArns": self.datasets, "Domain": domain}
            if catalog.get(connection, GROUP_ARN) is None:
                catalog.insert(
                    connection,
                    arn=GROUP_ARN,
                    type="dataset-group",
                    name="store_demand_group",
                    status="ACTIVE",
                    request=group,
                )
            catalog.update(connection, GROUP_ARN, request=group)
        return arn

    def put(self, text: str, name: str = "part-0.csv", folder: str | None = None) -> str:
        """Put a file into a folder of the bucket; return the folder's address."""
        self.count += 1
        folder = folder or f"upload-{self.count}"
        path = self.settings.home / "files" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.bucket.put(path, f"s3://sales/{folder}/{name}")
        return f"s3://sales/{folder}"

    def put_file(self, path: Path) -> str:
        """Put an existing file into the bucket; return its address."""
        self.count += 1
        uri = f"s3://sales/upload-{self.count}/{path.name}"
        self.bucket.put(path, uri)
        return uri

    def import_job(self, dataset_arn: str, uri: str, **overrides: Any) -> str:
        """Create an import job with its work; return its ARN."""
        request = {
            "DatasetArn": dataset_arn,
            "DataSource": {"S3Config": {"Path": uri, "RoleArn": "arn:aws:iam::0:role/x"}},
            "TimestampFormat": "yyyy-MM-dd",
            "Format": "CSV",
            "ImportMode": "FULL",
            **overrides,
        }
        name = dataset_arn.rsplit("/", 1)[1]
        return self._create("dataset-import-job", f"{name}/{{}}", request, parent=dataset_arn)

    def predictor(self, *, horizon: int = 7, algorithm: str = SEASONAL_NAIVE, **over: Any) -> str:
        """Create a legacy predictor with its work; return its ARN.

        ``over``: ``fillings`` (attribute → parameters), ``dimensions``, ``windows``, ``types``.
        """
        request = {
            "PredictorName": "p",
            "AlgorithmArn": algorithm,
            "ForecastHorizon": horizon,
            "ForecastTypes": over.get("types", ["0.1", "0.5", "0.9"]),
            "EvaluationParameters": {
                "NumberOfBacktestWindows": over.get("windows", 1),
                "BackTestWindowOffset": over.get("offset", horizon),
            },
            "InputDataConfig": {
                "DatasetGroupArn": GROUP_ARN,
                "SupplementaryFeatures": over.get("features", []),
            },
            "FeaturizationConfig": {
                "ForecastFrequency": "D",
                "ForecastDimensions": over.get("dimensions", []),
                "Featurizations": _featurizations(over.get("fillings", {})),
            },
        }
        return self._create(
            "predictor", "{}", request, parent=GROUP_ARN, details=PredictorDetails(is_auto=False)
        )

    def auto_predictor(self, *, horizon: int = 7, **over: Any) -> str:
        """Create an auto predictor with its work; return its ARN."""
        fillings: Mapping[str, Mapping[str, str]] = over.get("fillings", {})
        request = {
            "PredictorName": "p",
            "ForecastHorizon": horizon,
            "ForecastFrequency": "D",
            "ForecastTypes": over.get("types", ["0.1", "0.5", "0.9"]),
            "DataConfig": {
                "DatasetGroupArn": GROUP_ARN,
                "AttributeConfigs": [
                    {"AttributeName": name, "Transformations": dict(methods)}
                    for name, methods in fillings.items()
                ],
            },
        }
        details = PredictorDetails(is_auto=True)
        return self._create("predictor", "{}", request, parent=GROUP_ARN, details=details)

    def forecast(self, predictor_arn: str, types: Sequence[str] = ()) -> str:
        """Create a forecast with its work; return its ARN."""
        request = {"PredictorArn": predictor_arn, "ForecastTypes": list(types)}
        return self._create("forecast", "{}", request, parent=predictor_arn)

    def claim(self) -> Claim:
        """Claim the due work."""
        claim = self.queue.claim(new_id(), [lifecycle.KIND])
        assert claim is not None
        return claim

    def perform(self, arn: str) -> Resource:
        """Do the due work, which must be that of ``arn``, and return the resource afterwards."""
        claim = self.claim()
        assert claim.subject == arn
        lifecycle.perform(self.database, self.settings, self.queue, claim)
        return self.get(arn)

    def import_rows(self, dataset_arn: str, uri: str, **overrides: Any) -> Resource:
        """Do an import, which must become ACTIVE."""
        job = self.perform(self.import_job(dataset_arn, uri, **overrides))
        assert job.status == "ACTIVE", job.message
        return job

    def get(self, arn: str) -> Resource:
        with self.database.read() as connection:
            resource = catalog.get(connection, arn)
        assert resource is not None
        return resource

    def forecast_of(self, forecast_arn: str, *key: str) -> dict[str, dict[str, float]]:
        """Stored values of a series by prediction key and time."""
        with self.database.read() as connection:
            stored = forecast_store.read(connection, forecast_arn, series_key(key))
        assert stored is not None
        return {
            name: {point["Timestamp"]: point["Value"] for point in points}
            for name, points in predictions(stored).items()
        }

    def delete_group(self) -> None:
        with self.database.write() as connection:
            catalog.delete(connection, GROUP_ARN)

    def _create(
        self,
        kind: str,
        name: str,
        request: Mapping[str, Any],
        *,
        parent: str,
        details: JobDetails | None = None,
    ) -> str:
        self.count += 1
        arn = f"{ARN}:{kind}/{name.format(f'n{self.count}')}"
        with self.database.write() as connection:
            catalog.insert(
                connection,
                arn=arn,
                type=kind,
                name=f"n{self.count}",
                status="CREATE_PENDING",
                request=request,
                parent_arn=parent,
                dataset_group_arn=None if kind == "dataset-import-job" else GROUP_ARN,
                details=details,
            )
            add_work(connection, lifecycle.KIND, arn)
        return arn


def _featurizations(fillings: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "AttributeName": name,
            "FeaturizationPipeline": [
                {
                    "FeaturizationMethodName": "filling",
                    "FeaturizationMethodParameters": dict(methods),
                }
            ],
        }
        for name, methods in fillings.items()
    ]


def sales(items: str = "12", days: int = 70, first: dt.date = dt.date(2015, 1, 1)) -> str:
    """Rows that repeat weekly: item 1 sells 10 to 16, item 2 20 to 26, and so on."""
    return "".join(
        f"{item},{first + dt.timedelta(days=day)},{10 * int(item) + day % 7}\n"
        for item in items
        for day in range(days)
    )


def rows(world: World, dataset: str) -> list[tuple[Any, ...]]:
    table = SnapshotStore(world.database, world.settings.home).read(dataset)
    return [tuple(row.values()) for row in table.to_pylist()]


def demands(world: World, dataset: str) -> dict[tuple[str, str], Any]:
    return {(item, str(at.date())): demand for item, at, demand in rows(world, dataset)}


def failure(world: World, dataset: str, uri: str, **overrides: Any) -> str:
    """Message of an import that must fail and leave no data."""
    before = SnapshotStore(world.database, world.settings.home).version(dataset)
    job = world.perform(world.import_job(dataset, uri, **overrides))
    assert job.status == "CREATE_FAILED"
    assert SnapshotStore(world.database, world.settings.home).version(dataset) == before
    assert job.message is not None
    return job.message


def perform(world: World, claim: Claim) -> None:
    lifecycle.perform(world.database, world.settings, world.queue, claim)


def open_work(world: World) -> int:
    with world.database.read() as connection:
        statement = sa.select(sa.func.count()).select_from(work).where(work.c.state != "done")
        return connection.execute(statement).scalar_one()
