"""API keys: what may be made, what is kept, and what processes know of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from forecast_service.accounts.accounts_state import AccountsState
from forecast_service.accounts.aws_secrets import AwsSecrets
from forecast_service.accounts.keys import Keys
from forecast_service.accounts.known_keys import KnownKeys
from forecast_service.accounts.tables import api_keys
from forecast_service.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    Unauthenticated,
    UnknownRegion,
    UnknownStore,
)
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.limits import Limits
from forecast_service.storage.tables import metadata
from forecast_service.upkeep.damage import find_damage
from tests.resources.rows import GROUP, import_group, insert_store


@pytest.fixture
def keys(database: Database, settings: Settings) -> Keys:
    """The keys of an installation with stores 1 and 2 in region North."""
    with database.write() as connection:
        import_group(connection)
        for store in ("1", "2"):
            insert_store(connection, store, region="North")
    return Keys(database, GROUP, AwsSecrets(settings.home))


def known(database: Database, keys: Keys, moment_seconds: float = 0.0) -> KnownKeys:
    """What another process knows of the keys."""
    state = AccountsState(database, moment_seconds)
    return KnownKeys(database, state, AwsSecrets(keys.aws_secrets.file.parents[1]), 0.01)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_key_is_found_with_its_scopes_and_limits(database: Database, keys: Keys) -> None:
    limits = Limits(frozenset({"1"}), frozenset({"North"}))

    made, text = keys.create("till", ["read", "import"], limits=limits, created_by="anna")
    caller = known(database, keys).caller(text)

    assert re.fullmatch("fsk_[0-9a-f]{48}", text)
    assert text.startswith(made.start)
    assert (caller.kind, caller.name, caller.limits) == ("key", "till", limits)
    assert caller.scopes == {"read", "import"}


def test_the_database_has_no_key(database: Database, keys: Keys) -> None:
    _, text = keys.create("till", ["read"], created_by="anna")

    with database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                assert text not in str(row)


def test_a_key_that_was_made_this_moment_is_known(database: Database, keys: Keys) -> None:
    process = known(database, keys, moment_seconds=3600)
    _, first = keys.create("first", ["read"], created_by="anna")
    assert process.caller(first).name == "first"

    _, second = keys.create("second", ["read"], created_by="anna")

    assert process.caller(second).name == "second"


def test_a_revoked_key_is_useless_and_stays_in_the_list(database: Database, keys: Keys) -> None:
    process = known(database, keys)
    made, text = keys.create("till", ["read"], created_by="anna")
    process.caller(text)

    revoked = keys.revoke("till")

    with pytest.raises(Unauthenticated, match="unknown, or it was revoked"):
        process.caller(text)
    assert [key.id for key in keys.list()] == [made.id]
    assert keys.revoke(made.id).revoked_at == revoked.revoked_at
    assert process.state.has_accounts()


def test_a_key_ends_by_itself(database: Database, keys: Keys) -> None:
    process = known(database, keys, moment_seconds=3600)
    _, text = keys.create("till", ["read"], expires_at=time.time() + 0.5, created_by="anna")
    assert process.caller(text).name == "till"

    wait_for(lambda: time.time() > (keys.list()[0].expires_at or 0))

    with pytest.raises(Unauthenticated, match="Key 'till' has ended"):
        process.caller(text)


def test_when_a_key_was_used_is_written_later(database: Database, keys: Keys) -> None:
    process = known(database, keys)
    _, text = keys.create("till", ["read"], created_by="anna")
    assert keys.list()[0].last_used_at is None

    process.caller(text)

    wait_for(lambda: keys.list()[0].last_used_at is not None)


def test_an_aws_access_key_is_known_by_its_id(database: Database, keys: Keys) -> None:
    made, text = keys.create("sdk", ["read"], aws=True, account_id="123456789012", created_by="a")
    process = known(database, keys)

    found = process.aws_key(str(made.aws_access_key_id))

    assert found is not None
    assert found.aws_secret == keys.aws_secret(made)
    assert found.caller == process.caller(text)
    assert found.caller.account_id == "123456789012"
    assert re.fullmatch("FSKA[A-Z2-7]{16}", str(made.aws_access_key_id))
    assert re.fullmatch("fska_[0-9a-f]{48}", str(found.aws_secret))
    assert str(found.aws_secret) not in repr(found)
    assert process.aws_key("FSKAAAAAAAAAAAAAAAAA") is None


def test_every_aws_access_key_has_a_secret_of_its_own(database: Database, keys: Keys) -> None:
    secrets = {
        keys.aws_secret(keys.create(n, ["read"], aws=True, created_by="a")[0]) for n in "abc"
    }
    plain, _ = keys.create("plain", ["read"], created_by="a")

    assert len(secrets) == 3
    assert (plain.aws_access_key_id, keys.aws_secret(plain)) == (None, None)


def test_no_secret_of_aws_is_in_the_database(database: Database, keys: Keys) -> None:
    made, _ = keys.create("sdk", ["read"], aws=True, created_by="a")

    with database.read() as connection:
        row = connection.execute(sa.select(api_keys)).one()

    assert str(keys.aws_secret(made)) not in str(row)
    assert keys.aws_secrets.file.stat().st_mode & 0o777 == 0o600
    assert keys.aws_secrets.file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [None, b"another"])
def test_a_lost_file_of_secrets_is_said_and_the_key_is_unknown(
    database: Database,
    settings: Settings,
    keys: Keys,
    content: bytes | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made, text = keys.create("sdk", ["read"], aws=True, created_by="a")
    keys.aws_secrets.file.unlink()
    if content is not None:
        keys.aws_secrets.file.write_bytes(content)
    process = known(database, keys)

    assert process.aws_key(str(made.aws_access_key_id)) is None
    assert "The AWS access key of key 'sdk' is refused" in caplog.text
    assert process.caller(text).name == "sdk"
    (damage,) = find_damage(settings, database)
    is_missing = "is missing" if content is None else "is another file"
    assert damage.sentence() == (
        f"'secrets/aws_access_keys' (secrets of the AWS access keys 'sdk') {is_missing}. Restore "
        "the file from a backup, or make these keys anew."
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"aws": True, "limits": Limits(frozenset({"1"}))},
            "A key with limits cannot have an AWS access key",
        ),
        ({"aws": True, "account_id": "12345"}, "'12345' is not an AWS account. It has 12 digits"),
        ({"aws": True, "account_id": "١٢٣٤٥٦٧٨٩٠١٢"}, "is not an AWS account"),
        ({"account_id": "123456789012"}, "is only for a key that has an AWS access key"),
    ],
)
def test_an_aws_access_key_that_can_not_be_is_refused(
    keys: Keys, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(sentence)):
        keys.create("sdk", ["read"], created_by="a", **options)

    assert keys.list() == []


def test_when_a_key_was_used_is_written_at_the_end(database: Database, keys: Keys) -> None:
    process = KnownKeys(database, AccountsState(database), keys.aws_secrets, write_seconds=3600)
    _, text = keys.create("till", ["read"], created_by="anna")
    process.caller(text)

    process.close()

    assert keys.list()[0].last_used_at is not None


def test_without_a_key_there_are_no_accounts(database: Database) -> None:
    assert not AccountsState(database).has_accounts()


@pytest.mark.parametrize(
    ("name", "scopes", "limits", "error", "sentence"),
    [
        ("", ["read"], Limits(), InvalidRequest, "'' is not a name of a key."),
        ("a\tb", ["read"], Limits(), InvalidRequest, "is not a name of a key."),
        ("a" * 65, ["read"], Limits(), InvalidRequest, "A name has 1 to 64 printable"),
        (
            *("a", ["write"], Limits(), InvalidRequest),
            "'write' is not a scope. The scopes are read, train, force, import, admin.",
        ),
        ("local", ["read"], Limits(), InvalidRequest, "name of callers without a key"),
        ("a", [], Limits(), InvalidRequest, "A key needs a scope. The scopes are read"),
        (
            *("a", ["admin"], Limits(frozenset({"1"})), InvalidRequest),
            "A key with limits cannot have the scope 'admin'",
        ),
        (
            *("a", ["read"], Limits(frozenset({"1", "x"})), UnknownStore),
            "Store 'x' is unknown: there are 2 stores, 1, 2.",
        ),
        (
            *("a", ["read"], Limits(None, frozenset({"South"})), UnknownRegion),
            "Region 'South' is unknown: the regions are 'North'.",
        ),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    database: Database,
    keys: Keys,
    name: str,
    scopes: list[str],
    limits: Limits,
    error: type[Exception],
    sentence: str,
) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        keys.create(name, scopes, limits=limits, created_by="anna")

    assert not AccountsState(database).has_accounts()


def test_an_end_in_the_past_is_refused(keys: Keys) -> None:
    with pytest.raises(InvalidRequest, match="would end in the past"):
        keys.create("till", ["read"], expires_at=1.0, created_by="anna")


def test_the_name_of_a_revoked_key_stays_taken(keys: Keys) -> None:
    keys.create("till", ["read"], created_by="anna")
    keys.revoke("till")

    with pytest.raises(Conflict, match="There is, or was, a key 'till'"):
        keys.create("till", ["read"], created_by="anna")


def test_an_unknown_key_cannot_be_revoked(database: Database, keys: Keys) -> None:
    with pytest.raises(NotFound, match="Key 'till' does not exist"):
        keys.revoke("till")

    with database.read() as connection:
        assert connection.execute(sa.select(api_keys)).first() is None
