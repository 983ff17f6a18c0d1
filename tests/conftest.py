"""Fixtures for all tests: a clean environment, settings in an empty folder, a real database."""

from __future__ import annotations

import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from forecast_service.cli import main
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue

if TYPE_CHECKING:
    from simulated_aws import SimulatedAws

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "rossmann"
ROSSMANN = os.environ.get("FORECAST_TEST_ROSSMANN", str(BESIDE))
SERVER_URL = os.environ.get("FORECAST_TEST_DATABASE_URL")  # a PostgreSQL server; else SQLite


# Set before numpy is imported, as the commands do: threads that wait by spinning take the
# processors from the other test processes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A busy machine makes any example slow: promises about time are in scripts/benchmark.
hypothesis_settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")

# Files with tests that wait for processes: they begin first, so that others compute meanwhile.
FIRST = ("acceptance/", "worker/", "test_exploration", "test_benchmarks", "runs/", "test_amazon")

# Files that test our own SQL, which could behave differently on PostgreSQL.
OWN_SQL = (
    *("storage/", "accounts/", "reading/", "runs/test_requests", "runs/test_steps"),
    *("upkeep/test_maintenance", "monitoring/test_accuracy", "resources/test_stores"),
    *("local/contract/test_endings", "local/contract/test_listing", "local/contract/test_tags"),
    *("local/jobs/test_jobs", "importer/test_interruptions"),
)


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order and mark the tests; leave out those of the other database.

    On PostgreSQL, the whole suite leaves out those that use no database, too.
    """
    seen: Counter[str] = Counter()
    places = {item: item.nodeid.removeprefix("tests/") for item in items}
    items.sort(key=lambda item: not places[item].startswith(FIRST))
    for item in items:
        if places[item].startswith(OWN_SQL):
            item.add_marker(pytest.mark.sql)
        quick = item.get_closest_marker("quick")
        if quick is not None:
            test = places[item].partition("[")[0]
            seen[test] += 1
            if seen[test] > quick.args[0]:
                item.add_marker(pytest.mark.slow)
    other = "postgres" if SERVER_URL is None else "sqlite"
    needless = {item for item in items if item.get_closest_marker(other) is not None}
    if SERVER_URL is not None and config.args == config.getini("testpaths"):
        needless |= {i for i in items if "database_url" not in getattr(i, "fixturenames", ())}
    config.hook.pytest_deselected(items=list(needless))
    items[:] = [item for item in items if item not in needless]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete the developer's FORECAST_* and AWS_* variables."""
    for name in list(os.environ):
        if name.startswith(("FORECAST_", "AWS_")) and not name.startswith("FORECAST_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@contextmanager
def new_database(template: str = "template1") -> Iterator[str]:
    """URL of a new database on the PostgreSQL server: a copy of another one."""
    assert SERVER_URL is not None
    name = f"test_{uuid.uuid4().hex}"
    url = sa.make_url(SERVER_URL).set(drivername="postgresql+psycopg")
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def migrated_name() -> Iterator[str]:
    """Name of a migrated, empty database on the PostgreSQL server."""
    with new_database() as url:
        database = Database(url)
        database.migrate()
        database.dispose()
        yield str(sa.make_url(url).database)


@pytest.fixture
def database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an empty database: a new SQLite file, or a new database on the PostgreSQL server.

    For a test with ``settings`` it is migrated, because a copy is sooner there than a migration is
    done.
    """
    if SERVER_URL is None:
        yield f"sqlite:///{tmp_path / 'home' / 'forecast.db'}"
        return
    is_migrated = "settings" in request.fixturenames
    template = request.getfixturevalue("migrated_name") if is_migrated else "template1"
    with new_database(template) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database."""
    file = tmp_path_factory.mktemp("migrated") / "forecast.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.dispose()
    return file


@pytest.fixture
def settings(tmp_path: Path, database_url: str, migrated_file: Path) -> Settings:
    """Settings of an empty installation that uses one process."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)  # with PostgreSQL nothing else makes it
    if database_url.startswith("sqlite"):
        shutil.copyfile(migrated_file, home / "forecast.db")
    return Settings(home=home, database_url=database_url, processes=1)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A migrated, empty database."""
    database = Database(settings.resolved_database_url)
    database.migrate()
    yield database
    database.dispose()


@pytest.fixture
def queue(database: Database) -> Queue:
    """A queue with leases that last longer than any test."""
    return Queue(database, lease_seconds=3600)


@pytest.fixture
def forecast_service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> object:
    """A function that runs a command on an empty installation."""
    monkeypatch.setenv("FORECAST_HOME", str(settings.home))
    monkeypatch.setenv("FORECAST_DATABASE_URL", settings.resolved_database_url)
    monkeypatch.setenv("FORECAST_ALGORITHM", "seasonal_naive")
    monkeypatch.setenv("FORECAST_PROCESSES", "1")

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, list(map(str, arguments)))

    return run


@pytest.fixture(scope="session")
def rossmann() -> Path:
    """Folder of the real data; without it the test is skipped."""
    folder = Path(ROSSMANN)
    if not (folder / "train.csv.gz").exists():
        pytest.skip("the Rossmann files are absent; name their folder in FORECAST_TEST_ROSSMANN")
    return folder


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """URL of moto's server on the loopback interface."""
    from moto.server import ThreadedMotoServer  # costs more than most tests

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def simulated_aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> SimulatedAws:
    """An empty AWS account; the service calls it, and may do everything."""
    from simulated_aws import SimulatedAws

    aws = SimulatedAws(moto_url, monkeypatch)
    aws.reset()
    aws.use()
    return aws
