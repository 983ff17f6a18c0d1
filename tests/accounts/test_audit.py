"""The audit log: append-only, in the transaction of the change, pruned only when it is old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import import_small_chain, naive, work

from forecast_service.accounts.actor import Actor, acting_as
from forecast_service.accounts.audit import AuditFilter, prune_audit_log, record
from forecast_service.accounts.tables import audit_log
from forecast_service.common.logs import request_id
from forecast_service.service import Service
from forecast_service.settings import Settings
from forecast_service.upkeep import maintenance

from .people import recorded

DAY = 86400.0
ANN = Actor("user", "ann", "192.0.2.1")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings)


def insert_old(service: Service, days: float, action: str = "trained") -> None:
    """An entry as one would be after this time; the present ones cannot be changed."""
    with service.database.write() as connection:
        now = connection.execute(sa.select(sa.func.max(audit_log.c.at))).scalar_one()
        values = {"at": now - days * DAY, "kind": "user", "who": "ann", "action": action}
        connection.execute(sa.insert(audit_log).values(values))


def add(service: Service, *subjects: str) -> None:
    with acting_as(ANN), service.database.write() as connection:
        for subject in subjects:
            record(connection, "trained", subject)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET who = 'eve'",
        "UPDATE audit_log SET details = NULL WHERE id = 1",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE id = 1",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(
    service: Service, statement: str
) -> None:
    add(service, "run1")

    with (
        pytest.raises(sa.exc.DBAPIError, match="the audit log is append-only"),
        service.database.write() as connection,
    ):
        connection.execute(sa.text(statement))

    assert recorded(service) == [("user", "ann", "trained", "run1")]


@pytest.mark.postgres
def test_postgresql_refuses_to_empty_the_table(service: Service) -> None:
    add(service, "run1")

    with (
        pytest.raises(sa.exc.DBAPIError, match="the audit log is append-only"),
        service.database.write() as connection,
    ):
        connection.execute(sa.text("TRUNCATE audit_log"))


def test_entries_of_the_last_90_days_stay_whatever_is_asked_for(service: Service) -> None:
    add(service, "run1")
    insert_old(service, 89)

    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        service.database.write() as connection,
    ):
        prune_audit_log(connection, 1)

    assert len(recorded(service)) == 2


def test_the_maintenance_deletes_the_oldest_and_says_so(service: Service) -> None:
    add(service, "run1")
    insert_old(service, 729)
    insert_old(service, 731)

    assert maintenance.prune(service.settings, service.database, service.session).rows == 1

    assert [entry[2] for entry in recorded(service)] == ["trained", "trained", "pruned_audit_log"]
    last = service.audit.list(AuditFilter(action="pruned_audit_log"))[0]
    assert last.details == {"count": 1}


def test_an_entry_has_who_when_what_where_and_in_which_request(service: Service) -> None:
    request_id.set("req-1")
    with acting_as(ANN), service.database.write() as connection:
        record(connection, "forced", "run1", store="7")
    request_id.set(None)

    (entry,) = service.audit.list(AuditFilter())

    assert (entry.kind, entry.who, entry.action, entry.subject) == ("user", "ann", "forced", "run1")
    assert (entry.details, entry.address) == ({"store": "7"}, "192.0.2.1")
    assert entry.request_id == "req-1"
    assert entry.at > 1_700_000_000


def test_a_change_that_fails_leaves_no_entry(service: Service) -> None:
    def fail() -> None:
        with service.database.write() as connection:
            record(connection, "trained", "run1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert recorded(service) == []


def test_long_subjects_and_names_are_cut(service: Service) -> None:
    with service.database.write() as connection:
        record(connection, "trained", "x" * 1000, by=Actor("key", "y" * 1000))

    ((_, who, _, subject),) = recorded(service)
    assert (len(who), len(subject)) == (256, 512)


@pytest.mark.parametrize(
    ("chosen", "subjects"),
    [
        (AuditFilter(), ["c", "b", "a"]),
        (AuditFilter(who="bob"), ["b"]),
        (AuditFilter(action="imported"), ["b"]),
        (AuditFilter(since=0.0, until=1.0), []),
        (AuditFilter(who="ann", action="trained", since=0.0), ["c", "a"]),
    ],
)
def test_entries_are_found_by_who_what_and_when(
    service: Service, chosen: AuditFilter, subjects: list[str]
) -> None:
    add(service, "a")
    with service.database.write() as connection:
        record(connection, "imported", "b", by=Actor("user", "bob"))
    add(service, "c")

    assert [entry.subject for entry in service.audit.list(chosen)] == subjects


def test_pages_follow_each_other(service: Service) -> None:
    add(service, *"abcdefg")

    first = service.audit.list(AuditFilter(), limit=3)
    second = service.audit.list(AuditFilter(), limit=3, before=first[-1].id)

    assert [entry.subject for entry in (*first, *second)] == list("gfedcb")
    assert [e.subject for e in service.audit.all(AuditFilter(), 5)] == list("gfedc")


def test_trainings_imports_and_rollbacks_are_recorded(service: Service, tmp_path: Path) -> None:
    with acting_as(ANN):
        import_small_chain(service.session, service.settings, service.database)
        forced = service.runs.request(1, force=True).run
        joined = service.runs.request(None).run
        assert forced is not None
        assert joined is not None
        service.runs.cancel(forced.id)
        for _ in range(2):
            service.runs.request("1", force=True)
            work(service.settings)
        earlier = service.forecasts.list()[1]
        service.forecasts.make_current(earlier.id)
        service.forecasts.make_current(earlier.id)  # changes nothing
        undone = service.imports.undo()["id"]

    entries = recorded(service)
    assert {entry[:2] for entry in entries} == {("user", "ann")}
    actions: list[Any] = [entry[2] for entry in entries]
    assert actions == [
        *("imported", "forced", "trained", "cancelled", "forced", "forced", "rolled_back", "undid")
    ]
    assert [entry[3] for entry in entries[:4]] == [undone, forced.id, joined.id, forced.id]
    assert entries[-2][3] == earlier.id
    assert entries[-1][3] == undone
