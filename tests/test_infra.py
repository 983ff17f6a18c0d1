"""The CloudFormation templates: linted, and deployed into moto's CloudFormation and ECR."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml
from moto.server import ThreadedMotoServer

TEMPLATES = sorted((Path(__file__).parents[1] / "infra").glob("*.yaml"))
TEMPLATE = next(path for path in TEMPLATES if path.name == "ecr.yaml")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """URL of the AWS that moto simulates on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def repository(endpoint: str) -> Iterator[dict[str, Any]]:
    """ECR's description of the repository after the deployment."""
    stacks = client("cloudformation", endpoint)
    stacks.create_stack(StackName="forecast-service", TemplateBody=TEMPLATE.read_text())
    status = stacks.describe_stacks(StackName="forecast-service")["Stacks"][0]["StackStatus"]
    assert status == "CREATE_COMPLETE"
    yield client("ecr", endpoint).describe_repositories()["repositories"][0]
    stacks.delete_stack(StackName="forecast-service")
    client("ecr", endpoint).delete_repository(repositoryName="forecast-service", force=True)


def client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
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
    repository: dict[str, Any], endpoint: str
) -> None:
    # Put directly: moto's CloudFormation ignores lifecycle policies, its ECR validates them.
    text = repository_properties()["LifecyclePolicy"]["LifecyclePolicyText"]["Fn::Sub"]
    registry = client("ecr", endpoint)
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
