"""Users: their values are checked, an admin always remains."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from forecast_service.accounts.user import User
from forecast_service.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    Remedy,
    UnknownRegion,
    UnknownStore,
)
from forecast_service.service import Service
from forecast_service.storage.limits import Limits
from tests.resources.rows import import_group, insert_store

from .people import HERE, NEW_PASSWORD, PASSWORD, recorded


@pytest.fixture(autouse=True)
def stores(service: Service) -> None:
    """Stores 1 and 7 in the regions north and west."""
    with service.database.write() as connection:
        import_group(connection)
        insert_store(connection, "1", region="north")
        insert_store(connection, "7", region="west")


def test_a_user_is_a_caller_with_the_scopes_of_the_role(service: Service, ann: User) -> None:
    values = {"role": "planner", "regions": ["north", "west"], "stores": ["7"]}
    user = service.users.create("bob@example.com", values)

    assert ann.caller.may("admin")
    assert user.caller.scopes == {"read", "train", "import"}
    assert user.caller.limits == Limits(frozenset({"7"}), frozenset({"north", "west"}))
    assert [each.name for each in service.users.list()] == ["ann", "bob@example.com"]


@pytest.mark.parametrize("name", ["ann", "ANN", " Ann ", "ａｎｎ"])
def test_a_name_is_the_same_in_upper_and_lower_case(service: Service, ann: User, name: str) -> None:
    assert service.users.get(name) == ann
    with pytest.raises(Conflict, match="User 'ann' exists already"):
        service.users.create(name, {})


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\u202eb"])
def test_a_name_that_cannot_be_read_is_refused(service: Service, ann: User, name: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a name of a user"):
        service.users.create(name, {})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"role": "boss"}, "Role 'boss' does not exist. The roles are viewer, planner, admin."),
        ({"role": "admin", "regions": ["north"]}, "An admin has no limits"),
        ({"language": "fr"}, "Language 'fr' is not offered. The languages are de, en."),
        ({"password": "short"}, "The password has 5 characters. Use 12 to 1000"),
    ],
)
def test_values_that_are_not_allowed_are_refused(
    service: Service, ann: User, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        service.users.create("bob", values)
    with pytest.raises(InvalidRequest, match=sentence):
        service.users.change("ann", values)

    assert service.users.list() == [ann]


def test_an_admin_cannot_keep_the_limits_of_an_earlier_role(service: Service, ann: User) -> None:
    service.users.create("bob", {"regions": ["north"]})

    with pytest.raises(InvalidRequest, match="An admin has no limits"):
        service.users.change("bob", {"role": "admin"})

    assert service.users.change("bob", {"role": "admin", "regions": None}).caller.may("admin")


@pytest.mark.parametrize("limits", [{"stores": ["1", "2"]}, {"regions": ["south"]}])
def test_limits_name_stores_and_regions_that_exist(
    service: Service, ann: User, limits: dict[str, Any]
) -> None:
    service.users.create("bob", {})

    with pytest.raises((UnknownStore, UnknownRegion)):
        service.users.create("eve", limits)
    with pytest.raises((UnknownStore, UnknownRegion)):
        service.users.change("bob", limits)

    assert [user.name for user in service.users.list()] == ["ann", "bob"]
    assert service.users.get("bob").limits.are_none


def test_the_first_user_is_an_admin(service: Service) -> None:
    with pytest.raises(InvalidRequest, match="Choose the role 'admin'"):
        service.users.create("bob", {"role": "planner"})


def test_an_unknown_user_is_not_found(service: Service, ann: User) -> None:
    for refused in (service.users.get, service.users.delete):
        with pytest.raises(NotFound, match="User 'bob' does not exist") as caught:
            refused("bob")
        assert caught.value.remedy is Remedy.LIST_USERS


@pytest.mark.parametrize("values", [{"role": "viewer"}, {"disabled": True}, None])
def test_the_last_admin_stays(service: Service, ann: User, values: dict[str, Any] | None) -> None:
    service.users.create("bob", {"role": "admin", "password": PASSWORD})
    service.users.change("bob", {"disabled": True})

    with pytest.raises(Conflict, match="User 'ann' is the last admin"):
        service.users.delete("ann") if values is None else service.users.change("ann", values)

    assert service.users.get("ann") == ann


def test_of_two_last_admins_who_go_at_once_one_stays(service: Service, ann: User) -> None:
    service.users.create("bob", {"role": "admin", "password": PASSWORD})

    def leave(name: str) -> bool:
        try:
            service.users.delete(name)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        gone = list(threads.map(leave, ("ann", "bob")))

    assert sorted(gone) == [False, True]
    assert len(service.users.list()) == 1


@pytest.mark.parametrize("values", [{"disabled": True}, {"password": NEW_PASSWORD}, None])
def test_sessions_end_with_what_they_stand_on(
    service: Service, ann: User, values: dict[str, Any] | None
) -> None:
    service.users.create("bob", {"password": PASSWORD})
    token = service.log_in.by_password("bob", PASSWORD, HERE).token
    assert service.sessions.find(token) is not None

    service.users.delete("bob") if values is None else service.users.change("bob", values)

    assert service.sessions.find(token) is None


def test_a_new_role_and_new_limits_count_at_once(service: Service, ann: User) -> None:
    service.users.create("bob", {"password": PASSWORD})
    token = service.log_in.by_password("bob", PASSWORD, HERE).token

    service.users.change("bob", {"role": "planner", "stores": ["1"]})

    session = service.sessions.find(token)
    assert session is not None
    assert session.user.caller.may("train")
    assert session.user.limits == Limits(stores=frozenset({"1"}))


def test_what_happens_to_users_is_recorded_without_their_passwords(
    service: Service, ann: User
) -> None:
    service.users.create("bob", {"role": "planner", "password": PASSWORD})
    service.users.change("bob", {"role": "viewer", "password": NEW_PASSWORD})
    service.users.delete("bob")

    assert recorded(service) == [
        ("service", "service", "user_created", "ann"),
        ("service", "service", "user_created", "bob"),
        ("service", "service", "user_changed", "bob"),
        ("service", "service", "password_changed", "bob"),
        ("service", "service", "user_deleted", "bob"),
    ]


def test_a_user_and_a_key_never_share_a_name(service: Service, ann: User) -> None:
    """What a caller asked for is found by the name."""
    service.keys.create("till", ["read"], created_by="test")

    with pytest.raises(Conflict, match="There is, or was, a key 'till'"):
        service.users.create("till", {"role": "viewer"})
    with pytest.raises(Conflict, match="There is a user 'ann'"):
        service.keys.create("ann", ["read"], created_by="test")
