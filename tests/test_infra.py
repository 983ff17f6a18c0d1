"""The CloudFormation templates: linted, and deployed into moto; its services have the resources."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml

TEMPLATES = sorted((Path(__file__).parents[1] / "infra").glob("*.yaml"))
AMAZON = next(path for path in TEMPLATES if path.name == "amazon-forecast.yaml")
TEMPLATE = next(path for path in TEMPLATES if path.name == "ecr.yaml")


unknown_to_moto = pytest.mark.filterwarnings("ignore:Tried to parse AWS..S3..BucketPolicy")


@pytest.fixture
def repository(moto_url: str) -> Iterator[dict[str, Any]]:
    """ECR's description of the repository after the deployment."""
    stacks = client("cloudformation", moto_url)
    stacks.create_stack(StackName="forecast-service", TemplateBody=TEMPLATE.read_text())
    status = stacks.describe_stacks(StackName="forecast-service")["Stacks"][0]["StackStatus"]
    assert status == "CREATE_COMPLETE"
    yield client("ecr", moto_url).describe_repositories()["repositories"][0]
    stacks.delete_stack(StackName="forecast-service")
    client("ecr", moto_url).delete_repository(repositoryName="forecast-service", force=True)


def client(service: str, moto_url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=moto_url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_the_linter_finds_nothing(template: Path) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")

    finished = subprocess.run([linter, template], capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stdout


@pytest.mark.slow
def test_a_pushed_tag_cannot_be_replaced(repository: dict[str, Any]) -> None:
    assert repository["repositoryName"] == "forecast-service"
    assert repository["imageTagMutability"] == "IMMUTABLE"


def test_images_are_scanned_on_push_and_encrypted() -> None:
    # Read from the template: moto's CloudFormation does not pass both to its ECR.
    properties = repository_properties()

    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["EncryptionConfiguration"] == {"EncryptionType": "AES256"}


@pytest.mark.slow
def test_the_repository_takes_the_policy_that_lets_old_images_expire(
    repository: dict[str, Any], moto_url: str
) -> None:
    # Put directly: moto's CloudFormation ignores lifecycle policies, its ECR validates them.
    text = repository_properties()["LifecyclePolicy"]["LifecyclePolicyText"]["Fn::Sub"]
    registry = client("ecr", moto_url)
    registry.put_lifecycle_policy(
        repositoryName="forecast-service",
        lifecyclePolicyText=text.replace("${KeepImages}", "20"),
    )

    answer = registry.get_lifecycle_policy(repositoryName="forecast-service")

    rules = json.loads(answer["lifecyclePolicyText"])["rules"]
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged", "any"]
    assert rules[1]["selection"]["countNumber"] == 20


def repository_properties() -> dict[str, Any]:
    template = cfn_yaml.load(str(TEMPLATE))
    return template["Resources"]["Repository"]["Properties"]


@pytest.fixture(scope="module")
def amazon_stack(moto_url: str) -> dict[str, str]:
    """The outputs of the bucket and the role of Amazon Forecast after the deployment."""
    stacks = client("cloudformation", moto_url)
    stacks.create_stack(
        StackName="amazon-forecast",
        TemplateBody=AMAZON.read_text(),
        Parameters=[{"ParameterKey": "BucketName", "ParameterValue": "chain-forecasts"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stack = stacks.describe_stacks(StackName="amazon-forecast")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@unknown_to_moto
@pytest.mark.slow
def test_the_bucket_is_private_encrypted_and_forgets_uploads(
    amazon_stack: dict[str, str], moto_url: str
) -> None:
    s3, name = client("s3", moto_url), amazon_stack["BucketName"]

    assert name == "chain-forecasts"
    # Put directly: moto's CloudFormation does not pass it to its S3.
    private = cfn_yaml.load(str(AMAZON))["Resources"]["Bucket"]["Properties"]
    blocks = dict(private["PublicAccessBlockConfiguration"])
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocks)
    blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert (len(blocked), set(blocked.values())) == (4, {True})
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    rule = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert rule["SSEAlgorithm"] == "AES256"
    (expiring,) = private["LifecycleConfiguration"]["Rules"]
    assert (expiring["Prefix"], expiring["ExpirationInDays"]) == ("imports/", {"Ref": "KeepDays"})


def test_the_bucket_refuses_connections_without_encryption() -> None:
    # Read from the template: moto's CloudFormation knows no bucket policies.
    properties = cfn_yaml.load(str(AMAZON))["Resources"]["BucketPolicy"]["Properties"]

    (statement,) = properties["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


@unknown_to_moto
@pytest.mark.slow
def test_the_role_is_for_amazon_forecast_and_this_bucket_only(
    amazon_stack: dict[str, str], moto_url: str
) -> None:
    iam = client("iam", moto_url)
    role = iam.get_role(RoleName="forecast-service")["Role"]

    assert role["Arn"] == amazon_stack["RoleArn"]
    trust = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"] == {"Service": "forecast.amazonaws.com"}
    inline = iam.get_role_policy(RoleName="forecast-service", PolicyName="bucket")
    allowed = parsed(inline["PolicyDocument"])["Statement"]
    assert {action for s in allowed for action in texts(s["Action"])} == {
        *("s3:ListBucket", "s3:GetObject", "s3:PutObject")
    }
    assert {s["Resource"] for s in allowed} == {
        *("arn:aws:s3:::chain-forecasts", "arn:aws:s3:::chain-forecasts/*")
    }


@unknown_to_moto
@pytest.mark.slow
def test_the_service_may_do_what_it_does_and_no_more(
    amazon_stack: dict[str, str], moto_url: str
) -> None:
    iam, arn = client("iam", moto_url), amazon_stack["ServicePolicyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    document = parsed(found)
    allowed = {
        action: statement["Resource"]
        for statement in document["Statement"]
        for action in texts(statement["Action"])
    }

    assert allowed["s3:DeleteObject"] == "arn:aws:s3:::chain-forecasts/imports/*"
    assert allowed["iam:PassRole"] == amazon_stack["RoleArn"]
    assert "forecast:*" not in allowed
    assert "*" not in allowed.values()


def texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def parsed(document: Any) -> Any:
    """A policy; of a role that CloudFormation made, moto answers the text of a Python value."""
    if not isinstance(document, str):
        return document
    return json.loads(document) if '"' in document else ast.literal_eval(document)
