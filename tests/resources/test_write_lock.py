"""Requests while somebody else holds the write lock of SQLite."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from forecast_service.settings import Settings
from forecast_service.storage.database import LOCK_SECONDS, Database

from .conftest import Refusal

pytestmark = pytest.mark.sqlite  # PostgreSQL locks rows, not the database


@pytest.fixture
def held(settings: Settings, three_stores: Database) -> Any:
    """The write lock, held by another process's connection."""
    other = Database(settings.resolved_database_url)
    with other.write():
        yield
    other.dispose()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("path", ["/stores", "/forecast?store_number=1", "/readyz", "/imports"])
def test_readers_do_not_wait_for_the_write_lock(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.usefixtures("held")
def test_a_change_is_asked_to_come_again(refusal: Refusal) -> None:
    row = {"store_number": 1, "date": "2015-06-14", "sales": 5}

    problem = refusal("POST", "/sales", 503, json={"sales": [row]})

    assert problem["detail"] == (
        "The database did not answer: database is locked. Try again in a moment."
    )


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/sales", {"json": {"sales": [{"store_number": 1, "date": "2015-06-14", "sales": 5}]}}),
        ("/imports", {"data": "store,date,sales\n1,2015-06-14,5\n", "content_type": "text/csv"}),
        ("/imports?mode=INCREMENTAL", {"data": {"sales": (BytesIO(b"store,date\n"), "a.csv")}}),
    ],
)
def test_a_refused_change_leaves_no_files(
    refusal: Refusal, settings: Settings, path: str, sent: dict[str, Any]
) -> None:
    refusal("POST", path, 503, **sent)

    assert list(settings.home.glob("imports/*")) == []
    assert list(settings.home.glob("uploads/*")) == []


def test_requests_wait_less_than_workers(own_database: Database) -> None:
    with own_database.read() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()

    assert waits < LOCK_SECONDS * 1000 / 2
