"""S3: what it refuses becomes one sentence with its own reason; roles are assumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_aws import SimulatedAws

from forecast_service.errors import InvalidData
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.objects.object_store import (
    FolderStore,
    ObjectStore,
    each_opened,
    open_store,
)

NEEDED = (
    "Who reads needs s3:ListBucket and s3:GetObject there, who exports s3:PutObject; who assumes "
    "the role needs sts:AssumeRole."
)


def store_of(settings: Settings, folder: Path, uri: str, **config: str) -> ObjectStore:
    return open_store(settings, {"Path": uri, **config}, folder)


def refusal(settings: Settings, folder: Path, uri: str, **config: str) -> str:
    """The sentence with which reading an address ends."""
    store = store_of(settings, folder, uri, **config)
    with pytest.raises(InvalidData) as caught:
        list(each_opened(store, store.find(uri)))
    assert str(folder) not in caught.value.detail
    return caught.value.detail


def write_refusal(settings: Settings, folder: Path, uri: str) -> str:
    file = folder / "part"
    file.write_text("1")
    with pytest.raises(InvalidData) as caught:
        store_of(settings, folder, uri).put(file, uri)
    assert str(folder) not in caught.value.detail
    return caught.value.detail


def test_a_missing_bucket_is_named(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    here = "Or keep the files here: make the folder 'nowhere' in FORECAST_S3_FOLDER."

    assert refusal(settings, tmp_path, "s3://nowhere/a.csv") == (
        "'s3://nowhere/a.csv' cannot be read. S3 answered ListObjectsV2 with NoSuchBucket: The "
        f"specified bucket does not exist. Check the name of the bucket. {here}"
    )
    assert write_refusal(settings, tmp_path, "s3://nowhere/a.csv") == (
        "'s3://nowhere/a.csv' cannot be written. S3 answered PutObject with NoSuchBucket: The "
        f"specified bucket does not exist. Check the name of the bucket. {here}"
    )


@pytest.mark.parametrize(
    ("actions", "operation"), [((), "ListObjectsV2"), (("s3:ListBucket",), "GetObject")]
)
def test_a_missing_permission_is_named(
    simulated_aws: SimulatedAws,
    settings: Settings,
    tmp_path: Path,
    actions: tuple[str, ...],
    operation: str,
) -> None:
    uri = simulated_aws.put("a.csv", "1")
    simulated_aws.use_user(*actions)

    with simulated_aws.permissions():
        message = refusal(settings, tmp_path, uri)

    assert message == (
        f"'{uri}' cannot be read. S3 answered {operation} with AccessDenied: Access Denied. "
        f"{NEEDED}"
    )


def test_a_missing_permission_to_write_is_named(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    simulated_aws.use_user("s3:ListBucket", "s3:GetObject")

    with simulated_aws.permissions():
        message = write_refusal(settings, tmp_path, "s3://chain/a.csv")

    assert message == (
        "'s3://chain/a.csv' cannot be written. S3 answered PutObject with AccessDenied: Access "
        f"Denied. {NEEDED}"
    )


def test_a_wrong_key_is_named(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    with simulated_aws.permissions():
        message = refusal(settings, tmp_path, "s3://chain/a.csv")

    assert message == (
        "'s3://chain/a.csv' cannot be read. S3 answered ListObjectsV2 with InvalidAccessKeyId: The "
        "AWS Access Key Id you provided does not exist in our records. Check the bucket, the role, "
        "and AWS_ENDPOINT_URL_S3. Then create the job again."
    )


def test_a_role_is_assumed_if_that_is_set(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    uri = simulated_aws.put("a.csv", "1")
    role = simulated_aws.role("reader", "s3:ListBucket", "s3:GetObject")
    simulated_aws.use_user("sts:AssumeRole")
    assuming = settings.model_copy(update={"assume_role": True})

    with simulated_aws.permissions():
        store = store_of(assuming, tmp_path, uri, RoleArn=role)
        read = [path.read_text() for path in each_opened(store, store.find(uri))]
        without = refusal(settings, tmp_path, uri, RoleArn=role)

    assert read == ["1"]
    assert "AccessDenied" in without


def test_a_role_that_may_not_be_assumed_is_named(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    role = simulated_aws.role("reader", "s3:ListBucket")
    simulated_aws.use_user("s3:ListBucket", "s3:GetObject")
    assuming = settings.model_copy(update={"assume_role": True})

    with simulated_aws.permissions():
        message = refusal(assuming, tmp_path, "s3://chain/a.csv", RoleArn=role)

    assert message == (
        f"'s3://chain/a.csv' cannot be read. The role '{role}' cannot be assumed: STS answered "
        "AssumeRole with AccessDenied: User: arn:aws:iam::123456789012:user/worker is not "
        f"authorized to perform: sts:AssumeRole. {NEEDED}"
    )


def test_a_role_without_permissions_is_refused_by_s3(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    role = simulated_aws.role("nobody")
    simulated_aws.use_user("sts:AssumeRole", "s3:ListBucket", "s3:GetObject")
    assuming = settings.model_copy(update={"assume_role": True})

    with simulated_aws.permissions():
        message = refusal(assuming, tmp_path, "s3://chain/a.csv", RoleArn=role)

    assert "S3 answered ListObjectsV2 with AccessDenied" in message


@pytest.mark.parametrize("assume_role", [False, True])
def test_missing_credentials_are_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assume_role: bool
) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    settings = settings.model_copy(update={"assume_role": assume_role})

    message = refusal(settings, tmp_path, "s3://chain/a.csv", RoleArn="arn:aws:iam::1:role/r")

    assert message == (
        "'s3://chain/a.csv' cannot be read: Unable to locate credentials. Set AWS_PROFILE or "
        "AWS_ACCESS_KEY_ID for the worker. Or keep the files here: make the folder 'chain' in "
        "FORECAST_S3_FOLDER."
    )


def test_an_unknown_profile_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    message = refusal(settings, tmp_path, "s3://chain/a.csv")

    assert "The config profile (nobody) could not be found" in message


def test_an_endpoint_that_does_not_answer_is_named(
    settings: Settings, tmp_path: Path, simulated_aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    settings = settings.model_copy(update={"aws_attempts": 1})

    message = refusal(settings, tmp_path, "s3://chain/a.csv")

    assert message.startswith(
        "'s3://chain/a.csv' cannot be read: Could not connect to the endpoint URL: "
    )
    assert message.endswith("Then create the job again.")


def test_a_folder_that_cannot_be_written_is_named_without_its_path(
    settings: Settings, tmp_path: Path
) -> None:
    (settings.home / "s3" / "chain").mkdir(parents=True)
    (settings.home / "s3" / "chain" / "sales").write_text("a file")

    assert write_refusal(settings, tmp_path, "s3://chain/sales/a.csv") == (
        "'s3://chain/sales/a.csv' cannot be written: file exists. Check the folder of this bucket "
        "in FORECAST_S3_FOLDER."
    )


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    "key", ["/a.csv", "a//b.csv", "Umsatz März/a b+c%20&=?#.csv", "long" * 60 + ".csv"]
)
def test_any_key_can_be_read(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path, key: str
) -> None:
    simulated_aws.put(f"folder/{key}", "1")

    store = store_of(settings, tmp_path, "s3://chain/folder")
    found = store.find("s3://chain/folder")

    assert [one.uri for one in found] == [f"s3://chain/folder/{key}"]
    assert [path.read_text() for path in each_opened(store, found)] == ["1"]


def test_the_service_writes_its_own_files_into_the_folder(
    simulated_aws: SimulatedAws, settings: Settings, database: Database, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"s3_folder": tmp_path / "buckets", "bucket": "chain"})
    (tmp_path / "sales.csv").write_text("1")

    open_session(settings, database).bucket.put(tmp_path / "sales.csv", "s3://chain/a/sales.csv")

    assert (tmp_path / "buckets" / "chain" / "a" / "sales.csv").read_text() == "1"
    assert isinstance(store_of(settings, tmp_path, "s3://chain/a"), FolderStore)
    assert simulated_aws.keys() == []


def test_a_key_of_kms_encrypts_what_is_written(
    simulated_aws: SimulatedAws, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "part"
    file.write_text("1")
    key = "arn:aws:kms:eu-west-1:000000000000:key/one"

    store_of(settings, tmp_path, "s3://chain/a", KMSKeyArn=key).put(file, "s3://chain/a.csv")

    stored = simulated_aws.s3.head_object(Bucket="chain", Key="a.csv")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", key)
