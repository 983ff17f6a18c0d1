"""Logging in: sessions that end, attempts that are counted, nothing that tells who exists."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from forecast_service.accounts import passwords
from forecast_service.accounts.audit import AuditFilter
from forecast_service.accounts.sessions import csrf_token
from forecast_service.accounts.tables import log_in_failures, user_sessions, users
from forecast_service.accounts.user import User
from forecast_service.errors import InvalidRequest, TooManyAttempts, WrongCredentials
from forecast_service.service import Service, open_service

from .people import HERE, NEW_PASSWORD, PASSWORD, THERE, recorded

HOUR = 3600.0


def fail(service: Service, name: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            service.log_in.by_password(name, "wrong", address)


def pass_time(service: Service, seconds: float, *columns: sa.Column[Any]) -> None:
    with service.database.write() as connection:
        for column in columns:
            connection.execute(sa.update(column.table).values({column: column - seconds}))


@pytest.mark.usefixtures("ann")
def test_a_session_belongs_to_the_user_who_logged_in(service: Service) -> None:
    user, token = service.log_in.by_password(" ANN", PASSWORD, HERE)

    session = service.sessions.find(token)

    assert session is not None
    assert session.user == user
    assert session.csrf_token == csrf_token(token)
    assert user.logged_in_at is not None
    assert service.sessions.find(token + "x") is None


@pytest.mark.usefixtures("ann")
def test_the_database_has_neither_the_token_nor_the_password(service: Service) -> None:
    token = service.log_in.by_password("ann", PASSWORD, HERE).token

    with service.database.read() as connection:
        stored = str(
            [connection.execute(sa.select(table)).all() for table in (users, user_sessions)]
        )
    assert token not in stored
    assert PASSWORD not in stored
    assert csrf_token(token) not in stored


@pytest.mark.usefixtures("ann")
def test_logging_out_ends_this_session_only(service: Service) -> None:
    first, second = (service.log_in.by_password("ann", PASSWORD, HERE).token for _ in "12")

    assert service.log_in.out(first)

    assert service.sessions.find(first) is None
    assert service.sessions.find(second) is not None
    assert not service.log_in.out(first)


@pytest.mark.usefixtures("ann")
def test_a_session_that_is_used_stays_until_its_longest_time(service: Service) -> None:
    token = service.log_in.by_password("ann", PASSWORD, HERE).token
    for _ in range(24):
        pass_time(service, 6.9 * HOUR, user_sessions.c.used_at, user_sessions.c.created_at)
        assert service.sessions.find(token) is not None  # this counts as a use

    pass_time(service, 6.9 * HOUR, user_sessions.c.used_at, user_sessions.c.created_at)

    assert service.sessions.find(token) is None


@pytest.mark.usefixtures("ann")
def test_a_session_without_a_request_ends_and_is_deleted(service: Service) -> None:
    token = service.log_in.by_password("ann", PASSWORD, HERE).token

    pass_time(service, 8.1 * HOUR, user_sessions.c.used_at)

    assert service.sessions.find(token) is None
    service.log_in.by_password("ann", PASSWORD, HERE)
    with service.database.read() as connection:
        rows = connection.execute(sa.select(sa.func.count()).select_from(user_sessions))
        assert rows.scalar_one() == 1


@pytest.mark.usefixtures("ann")
def test_every_refusal_reads_the_same(service: Service) -> None:
    service.users.create("bob", {"password": PASSWORD})
    service.users.change("bob", {"disabled": True})
    service.users.create("eve", {})  # without a password
    sentences = set()

    for name, password in [("ann", "x"), ("nobody", PASSWORD), ("bob", PASSWORD), ("eve", "")]:
        with pytest.raises(WrongCredentials) as caught:
            service.log_in.by_password(name, password, HERE)
        sentences.add(caught.value.detail)

    assert sentences == {"The user name or the password is wrong."}


@pytest.mark.usefixtures("ann")
def test_an_unknown_name_costs_a_comparison_too(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: str) -> bool:
        compared.append(stored.rpartition("$")[0].rpartition("$")[0])
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    for name in ("ann", "nobody"):
        fail(service, name, HERE)

    assert len(compared) == 2
    assert len(set(compared)) == 1  # with the same parameters


@pytest.mark.usefixtures("ann")
def test_too_many_failures_refuse_even_the_right_password(service: Service) -> None:
    fail(service, "ann", HERE, 5)

    with pytest.raises(TooManyAttempts, match="Try again in 15 minutes") as caught:
        service.log_in.by_password("Ann", PASSWORD, HERE)

    assert 890 <= (caught.value.retry_after or 0) <= 900
    assert service.log_in.by_password("ann", PASSWORD, THERE)


@pytest.mark.usefixtures("ann")
def test_after_a_quarter_of_an_hour_the_user_may_try_again(service: Service) -> None:
    fail(service, "ann", HERE, 5)

    pass_time(service, 901, log_in_failures.c.since)

    assert service.log_in.by_password("ann", PASSWORD, HERE)


@pytest.mark.usefixtures("ann")
def test_a_success_forgets_the_failures_of_the_user_here(service: Service) -> None:
    for _ in range(3):
        fail(service, "ann", HERE, 4)
        service.log_in.by_password("ann", PASSWORD, HERE)


@pytest.mark.usefixtures("ann")
def test_a_name_is_counted_from_everywhere(service: Service) -> None:
    for number in range(50):
        service.log_in.throttle.begin("ann", f"192.0.2.{number}")

    with pytest.raises(TooManyAttempts):
        service.log_in.by_password("ann", PASSWORD, "198.51.100.1")


@pytest.mark.usefixtures("ann")
def test_an_address_is_counted_with_all_names(service: Service) -> None:
    for number in range(100):
        service.log_in.throttle.begin(f"user{number}", HERE)

    with pytest.raises(TooManyAttempts):
        service.log_in.by_password("ann", PASSWORD, HERE)


@pytest.mark.usefixtures("ann")
def test_many_at_once_are_not_more_than_many_in_a_row(service: Service) -> None:
    def attempt(_: int) -> str:
        other = open_service(service.settings)  # another process
        try:
            other.log_in.by_password("ann", "wrong", HERE)
        except (WrongCredentials, TooManyAttempts) as error:
            return type(error).__name__
        finally:
            other.close()
        return "in"

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(attempt, range(16)))

    assert sorted(results) == ["TooManyAttempts"] * 11 + ["WrongCredentials"] * 5


@pytest.mark.usefixtures("ann")
def test_a_log_in_renews_a_hash_that_has_old_parameters(service: Service) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with service.database.write() as connection:
        connection.execute(sa.update(users).values(password=old))

    service.log_in.by_password("ann", PASSWORD, HERE)

    with service.database.read() as connection:
        assert not passwords.is_outdated(connection.execute(sa.select(users.c.password)).scalar())
    assert service.log_in.by_password("ann", PASSWORD, HERE)


@pytest.mark.usefixtures("ann")
def test_another_password_ends_all_sessions_but_the_new_one(service: Service) -> None:
    before = service.log_in.by_password("ann", PASSWORD, HERE).token

    after = service.log_in.change_password("ann", PASSWORD, NEW_PASSWORD, HERE).token

    assert service.sessions.find(before) is None
    assert service.sessions.find(after) is not None
    fail(service, "ann", HERE)
    assert service.log_in.by_password("ann", NEW_PASSWORD, HERE)


@pytest.mark.usefixtures("ann")
def test_the_present_password_is_needed_for_another_one(service: Service) -> None:
    with pytest.raises(WrongCredentials):
        service.log_in.change_password("ann", "wrong", NEW_PASSWORD, HERE)
    with pytest.raises(InvalidRequest, match="is the present one"):
        service.log_in.change_password("ann", PASSWORD, PASSWORD, HERE)
    with pytest.raises(InvalidRequest, match="The password has 3 characters"):
        service.log_in.change_password("ann", PASSWORD, "abc", HERE)


def test_log_ins_are_recorded_with_address_and_reason(service: Service, ann: User) -> None:
    token = service.log_in.by_password("ann", PASSWORD, HERE).token
    service.log_in.out(token)
    fail(service, "ann", THERE)
    fail(service, "my-secret-password", THERE)  # typed into the wrong field

    assert recorded(service)[1:] == [
        ("user", "ann", "logged_in", None),
        ("user", "ann", "logged_out", None),
        ("user", "ann", "log_in_failed", None),
        ("user", "my…", "log_in_failed", None),
    ]
    last, before = service.audit.list(AuditFilter(action="log_in_failed"))
    assert (before.address, before.details) == (THERE, {"reason": "wrong password"})
    assert last.details == {"reason": "no such user"}
