"""AccountSetup: makes what Amazon Forecast needs, step by step; what exists is left as it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from botocore.exceptions import ClientError

from forecast_service.amazon.account.policies import bucket_policy_of_role, trust_policy
from forecast_service.amazon.account.prices import Estimate, estimate
from forecast_service.amazon.feeding import Feeding
from forecast_service.amazon.made import ensure_group, find_group
from forecast_service.aws import error_code, translate_errors
from forecast_service.errors import ConfigurationError
from forecast_service.session import ForecastSession, open_amazon_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import read_group
from forecast_service.storage.objects.aws_clients import client_maker
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import series

__all__ = ["AccountSetup", "Step"]

KEEP_DAYS = 7  # for files that the service could not delete itself
US_EAST_1 = "us-east-1"  # the only region that CreateBucket must not be told
BYTES_PER_GB = 1024**3
CSV_BYTES = 9  # of an average value in a CSV file
ABSENT = ("NoSuchBucket", "NoSuchEntity", "404", "NotFound")
PRIVATE = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


@dataclass(frozen=True)
class Step:
    """One thing that the account must have."""

    name: str
    subject: str
    existed: bool
    made: bool


class AccountSetup:
    """Prepares an account for one dataset group. ``local`` has the data, if there are any."""

    def __init__(self, settings: Settings, database: Database, local: ForecastSession) -> None:
        self.settings = settings
        self.database = database
        self.local = local
        self.amazon = open_amazon_session(settings)
        make = client_maker(settings)
        self.s3, self.iam, self.sts = make("s3"), make("iam"), make("sts")
        self.role_arn = settings.role_arn

    def steps(self, *, dry_run: bool) -> Iterator[Step]:
        """Look for each thing in turn, and make it unless this is a dry run.

        A repetition goes on where an earlier one ended.

        Raises
        ------
        ConfigurationError
            The name of the bucket belongs to another account, or a permission is missing.
        """
        account = self._account()
        yield self._step(
            "bucket", f"s3://{self.settings.bucket}", self._has_bucket, self._make_bucket, dry_run
        )
        yield self._step(
            "role",
            self._role_name,
            self._has_role,
            lambda: self._make_role(account),
            dry_run,
        )
        name = self.settings.dataset_group
        with translate_errors():
            existed = find_group(self.amazon.forecast, name) is not None
            if not (existed or dry_run):
                ensure_group(self.amazon.forecast, name, self.amazon.tagging)
        yield Step("dataset group", name, existed, not (existed or dry_run))
        if self._has_data():
            yield self._feed(dry_run)

    def estimate(self) -> Estimate | None:
        """What one import, training and forecast of the present data cost; None without data."""
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            mine = series.c.dataset_group == self.settings.dataset_group
            count = connection.execute(
                sa.select(sa.func.count()).select_from(series).where(mine)
            ).scalar_one()
        if group is None:
            return None
        arns = self.local.forecast.describe_dataset_group(DatasetGroupArn=group.arn)["DatasetArns"]
        store = SnapshotStore(self.database, self.settings.home)
        tables = [store.read(arn) for arn in arns if store.version(arn)]
        size = sum(table.num_rows * CSV_BYTES * table.num_columns for table in tables)
        types = len(self.settings.forecast_types)
        return estimate(
            gigabytes=size / BYTES_PER_GB, series=count, horizon=group.horizon, types=types
        )

    @property
    def _role_name(self) -> str:
        return self.settings.role_arn.rpartition("/")[2]

    def _account(self) -> str:
        with translate_errors():
            return str(self.sts.get_caller_identity()["Account"])

    @staticmethod
    def _step(
        name: str, subject: str, exists: Callable[[], bool], make: Callable[[], None], dry_run: bool
    ) -> Step:
        with translate_errors():
            existed = exists()
            if not (existed or dry_run):
                make()
        return Step(name, subject, existed, not (existed or dry_run))

    def _has_bucket(self) -> bool:
        try:
            self.s3.head_bucket(Bucket=self.settings.bucket)
        except ClientError as error:
            if error_code(error) in ABSENT:
                return False
            if error_code(error) in ("403", "Forbidden", "AccessDenied"):
                raise ConfigurationError(
                    f"The bucket '{self.settings.bucket}' exists and cannot be used with these "
                    "credentials: it may belong to another account. Set FORECAST_BUCKET to a name "
                    "of your own."
                ) from error
            raise
        return True

    def _make_bucket(self) -> None:
        bucket, region = self.settings.bucket, self.settings.region
        place: dict[str, Any] = {}
        if region != US_EAST_1:
            place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=bucket, **place)
        self.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=PRIVATE)
        expire = {
            "ID": "uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": "imports/"},
            "Expiration": {"Days": KEEP_DAYS},
        }
        self.s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [expire]}
        )

    def _has_role(self) -> bool:
        """Whether the role exists with its policy: an interrupted set-up may have made half."""
        try:
            self.role_arn = str(self.iam.get_role(RoleName=self._role_name)["Role"]["Arn"])
            policies = self.iam.list_role_policies(RoleName=self._role_name)["PolicyNames"]
            attached = self.iam.list_attached_role_policies(RoleName=self._role_name)
            return bool(policies or attached["AttachedPolicies"])
        except ClientError as error:
            if error_code(error) in ABSENT:
                return False
            raise

    def _make_role(self, account: str) -> None:
        name = self._role_name
        try:
            role = self.iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust_policy(account)),
                Description="Amazon Forecast reads and writes the files of the forecast service",
            )
            self.role_arn = str(role["Role"]["Arn"])
        except ClientError as error:
            if error_code(error) != "EntityAlreadyExists":
                raise
        self.iam.put_role_policy(
            RoleName=name,
            PolicyName="bucket",
            PolicyDocument=json.dumps(bucket_policy_of_role(self.settings.bucket)),
        )

    def _has_data(self) -> bool:
        with self.database.read() as connection:
            return read_group(connection, self.settings.dataset_group) is not None

    def _feed(self, dry_run: bool) -> Step:
        """Copy the datasets, and wait until Amazon has imported them."""
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
        assert group is not None  # noqa: S101 - ``_has_data`` has just said so
        settings = self.settings.model_copy(update={"role_arn": self.role_arn})
        feeding = Feeding(self.local, self.amazon, settings, self.database)
        began, started = time.time(), False
        name = f"{self.settings.dataset_name} and its data"
        if dry_run:
            return Step("import", name, feeding.is_up_to_date(group), False)
        while feeding.advance(group, began) is None:
            started = True
            time.sleep(self.amazon.polling.pause())
        return Step("import", name, not started, started)
