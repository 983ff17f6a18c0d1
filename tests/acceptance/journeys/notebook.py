"""What a notebook for Amazon Forecast has: plain boto3 clients, a bucket, a role, and patience."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tests.local.amazon import assert_conforms, schema

__all__ = ["REGION", "Notebook"]

REGION = "us-east-1"
BUCKET = "notebook-data"
POLL_SECONDS = 0.2
PATIENCE = 300.0
POLICIES = ("AmazonForecastFullAccess", "AmazonS3FullAccess")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "forecast.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


class Notebook:
    """A session of boto3 that knows nothing but environment variables."""

    def __init__(self) -> None:
        session = boto3.Session(region_name=REGION)
        self.called: set[str] = set()
        self.forecast: Any = session.client("forecast")
        self.forecastquery: Any = session.client("forecastquery")
        for plane in (self.forecast, self.forecastquery):
            plane.meta.events.register("after-call.*.*", self._check)
        self.bucket: Any = session.resource("s3").create_bucket(Bucket=BUCKET)
        self.role = self._role(session.client("iam"), session.client("sts"))

    def _role(self, iam: Any, sts: Any) -> str:
        """A role as AWS's notebooks make it, with managed policies of the account."""
        made = iam.create_role(
            RoleName="ForecastNotebookRole", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
        account = sts.get_caller_identity()["Account"]
        for name in POLICIES:
            allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
            iam.create_policy(PolicyName=name, PolicyDocument=document)
            iam.attach_role_policy(
                RoleName="ForecastNotebookRole", PolicyArn=f"arn:aws:iam::{account}:policy/{name}"
            )
        return str(made["Role"]["Arn"])

    def _check(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        """Every answer has the shape of botocore's model."""
        if "Error" in parsed:
            return
        answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        assert_conforms(answer, model.output_shape, model.name)
        self.called.add(model.name)

    def upload(self, key: str, rows: Iterable[str]) -> str:
        """Put a file of lines into the bucket; return its address."""
        self.bucket.Object(key).put(Body="".join(f"{row}\n" for row in rows).encode())
        return f"s3://{BUCKET}/{key}"

    def place(self, path: str) -> dict[str, Any]:
        """The parameter DataSource or Destination."""
        address = path if path.startswith("s3://") else f"s3://{BUCKET}/{path}"
        return {"S3Config": {"Path": address, "RoleArn": self.role}}

    def dataset(
        self, name: str, fields: dict[str, str], kind: str = "TARGET_TIME_SERIES", **more: Any
    ) -> str:
        """A dataset of the domain CUSTOM, which is ACTIVE at once; its ARN."""
        parameters = {"Domain": "CUSTOM", "DatasetType": kind, "DatasetName": name, **more}
        made = self.forecast.create_dataset(Schema=schema(fields), **parameters)
        arn = str(made["DatasetArn"])
        assert self.forecast.describe_dataset(DatasetArn=arn)["Status"] == "ACTIVE"
        assert arn.split("/")[1] == name
        return arn

    def group(self, name: str, *datasets: str) -> str:
        """A dataset group of the domain CUSTOM."""
        made = self.forecast.create_dataset_group(
            DatasetGroupName=name, Domain="CUSTOM", DatasetArns=list(datasets)
        )
        return str(made["DatasetGroupArn"])

    def load(self, dataset: str, name: str, path: str, **more: Any) -> str:
        """Import a file of the bucket and wait for it; the ARN of the job."""
        made = self.forecast.create_dataset_import_job(
            DatasetImportJobName=name, DatasetArn=dataset, DataSource=self.place(path), **more
        )
        arn = str(made["DatasetImportJobArn"])
        self.wait(self.forecast.describe_dataset_import_job, DatasetImportJobArn=arn)
        return arn

    def predictor(self, name: str, **parameters: Any) -> str:
        """A new auto predictor that is ACTIVE."""
        made = self.forecast.create_auto_predictor(PredictorName=name, **parameters)
        arn = str(made["PredictorArn"])
        self.wait(self.forecast.describe_auto_predictor, PredictorArn=arn)
        return arn

    def predict(self, name: str, predictor: str, **parameters: Any) -> str:
        """A new forecast that is ACTIVE."""
        made = self.forecast.create_forecast(
            ForecastName=name, PredictorArn=predictor, **parameters
        )
        arn = str(made["ForecastArn"])
        self.wait(self.forecast.describe_forecast, ForecastArn=arn)
        return arn

    def wait(self, describe: Callable[..., dict[str, Any]], **arn: str) -> dict[str, Any]:
        """Describe a resource until it is ACTIVE; the last description."""
        deadline = time.monotonic() + PATIENCE
        while (found := describe(**arn))["Status"] not in ("ACTIVE", "CREATE_FAILED"):
            assert time.monotonic() < deadline, found
            time.sleep(POLL_SECONDS)
        assert found["Status"] == "ACTIVE", found
        return found

    def wait_till_delete(self, delete: Callable[..., Any], **arn: str) -> None:
        """Delete a resource again and again, until it is unknown."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                delete(**arn)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    return
                raise
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"{arn} is not deleted")

    def delete_trees(self, *roots: str) -> None:
        """Delete resources with all that is below them."""
        for root in roots:
            self.wait_till_delete(self.forecast.delete_resource_tree, ResourceArn=root)

    def query(self, forecast: str, **filters: str) -> dict[str, list[dict[str, Any]]]:
        """The predictions of one series."""
        answer = self.forecastquery.query_forecast(ForecastArn=forecast, Filters=filters)
        return dict(answer["Forecast"]["Predictions"])

    def parts(self, prefix: str) -> Iterator[str]:
        """The keys of an export's part files."""
        for entry in self.bucket.objects.filter(Prefix=prefix):
            if "csv" in entry.key and entry.size > 0:
                yield entry.key

    def export(self, prefix: str) -> list[dict[str, str]]:
        """The rows of all part files of an export."""
        rows: list[dict[str, str]] = []
        for key in self.parts(prefix):
            text = self.bucket.Object(key).get()["Body"].read().decode()
            rows += csv.DictReader(io.StringIO(text))
        assert rows, [entry.key for entry in self.bucket.objects.all()]
        return rows

    def metrics(self, predictor: str) -> dict[str, Any]:
        """The metrics of a predictor, found where AWS's notebooks look for them."""
        answer = self.forecast.get_accuracy_metrics(PredictorArn=predictor)
        return dict(answer["PredictorEvaluationResults"][0]["TestWindows"][0]["Metrics"])

    def tidy(self) -> None:
        """Delete what a failed journey has left, so that the next one begins with nothing."""
        listed = self.forecast.list_dataset_groups()["DatasetGroups"]
        roots = [group["DatasetGroupArn"] for group in listed]
        roots += [found["DatasetArn"] for found in self.forecast.list_datasets()["Datasets"]]
        with suppress(ClientError):
            self.delete_trees(*roots)
