"""API keys: what may be made, what is kept, and what processes know of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from forecast_service.accounts.accounts_state import AccountsState
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
from forecast_service.storage.database import Database
from forecast_service.storage.limits import Limits
from forecast_service.storage.tables import metadata
from tests.resources.rows import GROUP, import_group, insert_store


@pytest.fixture
def keys(database: Database) -> Keys:
    """The keys of an installation with stores 1 and 2 in region North."""
    with database.write() as connection:
        import_group(connection)
        for store in ("1", "2"):
            insert_store(connection, store, region="North")
    return Keys(database, GROUP)


def known(database: Database, moment_seconds: float = 0.0) -> KnownKeys:
    """What another process knows of the keys."""
    return KnownKeys(database, AccountsState(database, moment_seconds), write_seconds=0.01)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_key_is_found_with_its_scopes_and_limits(database: Database, keys: Keys) -> None:
    limits = Limits(frozenset({"1"}), frozenset({"North"}))

    made, text = keys.create("till", ["read", "import"], limits=limits, created_by="anna")
    caller = known(database).caller(text)

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
    process = known(database, moment_seconds=3600)
    _, first = keys.create("first", ["read"], created_by="anna")
    assert process.caller(first).name == "first"

    _, second = keys.create("second", ["read"], created_by="anna")

    assert process.caller(second).name == "second"


def test_a_revoked_key_is_useless_and_stays_in_the_list(database: Database, keys: Keys) -> None:
    process = known(database)
    made, text = keys.create("till", ["read"], created_by="anna")
    process.caller(text)

    revoked = keys.revoke("till")

    with pytest.raises(Unauthenticated, match="unknown, or it was revoked"):
        process.caller(text)
    assert [key.id for key in keys.list()] == [made.id]
    assert keys.revoke(made.id).revoked_at == revoked.revoked_at
    assert process.state.has_accounts()


def test_a_key_ends_by_itself(database: Database, keys: Keys) -> None:
    process = known(database, moment_seconds=3600)
    _, text = keys.create("till", ["read"], expires_at=time.time() + 0.5, created_by="anna")
    assert process.caller(text).name == "till"

    wait_for(lambda: time.time() > (keys.list()[0].expires_at or 0))

    with pytest.raises(Unauthenticated, match="Key 'till' has ended"):
        process.caller(text)


def test_when_a_key_was_used_is_written_later(database: Database, keys: Keys) -> None:
    process = known(database)
    _, text = keys.create("till", ["read"], created_by="anna")
    assert keys.list()[0].last_used_at is None

    process.caller(text)

    wait_for(lambda: keys.list()[0].last_used_at is not None)


def test_when_a_key_was_used_is_written_at_the_end(database: Database, keys: Keys) -> None:
    process = KnownKeys(database, AccountsState(database), write_seconds=3600)
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
