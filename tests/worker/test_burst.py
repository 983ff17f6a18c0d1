"""Many small imports at once: real workers load them together, and a training goes on meanwhile."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import FIRST_DAY, PATIENCE, import_small_chain, naive, runs_of, start_worker, until

from forecast_service.importer import Imports
from forecast_service.importer.files.text_tables import SENT_ROWS
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import imports as import_rows
from forecast_service.storage.tables import work

STORES = 12
DAYS = 60
NEW_DAYS = 3
KILLS = 12
SEED = 26
LIFE_SECONDS = (0.2, 4.0)  # from one kill to the next


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with leases that end within a test."""
    return naive(settings, lease_seconds=2.0)


@pytest.fixture
def imports(settings: Settings, database: Database) -> Imports:
    """The imports of a chain of stores; each asks for a new forecast, as in the service."""
    session = open_session(settings, database)
    import_small_chain(session, settings, database, STORES, DAYS)
    return Imports(database, settings, session, runs_of(settings, database).refresh)


def send(imports: Imports, folder: Path) -> dict[str, tuple[str, str, int]]:
    """Every store sends a few days, one by one; id of the import -> store, day, sales."""
    sent = {}
    path = folder / SENT_ROWS
    for number in range(STORES * NEW_DAYS):
        store, day = number % STORES + 1, DAYS + number // STORES
        on = FIRST_DAY.fromordinal(FIRST_DAY.toordinal() + day).isoformat()
        path.write_text(f"store,date,sales\n{store},{on},{1000 + number}\n")
        import_id = imports.request({"sales": path}, "INCREMENTAL")
        sent[import_id] = (str(store), on, 1000 + number)
    return sent


def states(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(sa.select(import_rows.c.state)).scalars())


def assert_nothing_is_lost_or_doubled(
    imports: Imports, sent: dict[str, tuple[str, str, int]]
) -> None:
    histories = {
        str(store): {row["date"]: row["sales"] for row in imports.history(str(store))}
        for store in range(1, STORES + 1)
    }
    assert {key: histories[key[0]][key[1]] for key in {(s, d) for s, d, _ in sent.values()}} == {
        (store, day): sales for store, day, sales in sent.values()
    }
    assert {len(rows) for rows in histories.values()} == {DAYS + NEW_DAYS}
    for import_id in sent:
        document = imports.get(import_id)
        assert document["state"] == "done", document
        assert document["report"]["sales_rows"] == 1
    statement = sa.select(work.c.id).where(work.c.kind == "import", work.c.state != "done")
    with imports.database.read() as connection:
        assert connection.execute(statement).all() == []


@pytest.fixture
def workers(settings: Settings, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """One worker; tests may add others."""
    started = [start_worker(settings, tmp_path / "worker.log")]
    yield started
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE)
def test_a_burst_is_loaded_as_one_and_a_training_ends_meanwhile(
    settings: Settings,
    database: Database,
    imports: Imports,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    sent = send(imports, tmp_path)
    run = runs_of(settings, database).request(1, force=True).run
    request.getfixturevalue("workers")
    assert run is not None
    until(lambda: states(database) == {"done"})
    until(lambda: not runs_of(settings, database).get(run.id).is_open)

    assert runs_of(settings, database).get(run.id).state == "serving"
    assert_nothing_is_lost_or_doubled(imports, sent)
    leaders = {imports.get(each)["loaded_with"] or each for each in sent}
    assert len(leaders) == 1


@pytest.mark.slow
@pytest.mark.timeout(3 * PATIENCE)
def test_kill_minus_nine_in_the_middle_of_loads_loses_and_doubles_nothing(
    settings: Settings,
    database: Database,
    imports: Imports,
    workers: list[subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    dice = random.Random(SEED)
    sent = {}
    for kill in range(KILLS):
        if kill % 4 == 0:
            sent |= send(imports, tmp_path)
        time.sleep(dice.uniform(*LIFE_SECONDS))
        workers[-1].kill()
        workers[-1].wait()
        workers.append(start_worker(settings, tmp_path / "worker.log"))
    until(lambda: states(database) == {"done"})

    last = {(store, day): each for each, (store, day, _) in sent.items()}
    newest = {each: sent[each] for each in last.values()}
    assert {imports.get(each)["state"] for each in sent} == {"done"}
    assert_nothing_is_lost_or_doubled(imports, newest)
