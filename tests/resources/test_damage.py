"""Answers over damaged files: one sentence without a path, and never 500."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from damage import DAMAGES, copy_of
from flask.testing import FlaskClient
from support import FIRST_DAY, import_small_chain, naive, runs_of, work

from forecast_service.app import create_app
from forecast_service.session import open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import resources

Damage = Callable[[Path], None]
CHANGE = {"covariate": "open", "value": 1, "from": "2024-05-01", "to": "2024-05-02"}

pytestmark = pytest.mark.sqlite  # the database is copied with its folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with three stores and a forecast."""
    settings = naive(Settings(home=tmp_path_factory.mktemp("whole"), processes=1))
    database = Database(settings.resolved_database_url)
    database.migrate()
    import_small_chain(open_session(settings, database), settings, database)
    runs_of(settings, database).request(None)
    work(settings)
    database.dispose()
    return settings


@pytest.fixture
def settings(whole: Settings, tmp_path: Path) -> Settings:
    """A copy of it, to be damaged."""
    return naive(Settings(home=copy_of(whole.home, tmp_path / "home"), processes=1))


@pytest.fixture
def client(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    yield app.test_client()
    app.extensions["forecast_service"].close()


@pytest.fixture
def own_database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.resolved_database_url)
    yield database
    database.dispose()


def damage_sales(settings: Settings, database: Database, damage: Damage) -> None:
    for file in SnapshotStore(database, settings.home).files():
        if file.dataset.startswith(("sales:", "covariates:")):
            damage(settings.home / file.path)


def damage_models(settings: Settings, database: Database, damage: Damage, kind: str) -> None:
    """Damage every model file of the predictors, or of the forecasts."""
    with database.read() as connection:
        statement = sa.select(resources.c.details).where(resources.c.type == kind)
        stored = connection.execute(statement).scalars().all()
    for details in stored:
        for path in details.get("models") or [file["path"] for file in details["served"]]:
            damage(settings.home / path)


def is_a_sentence(text: str, settings: Settings) -> bool:
    return text.endswith(".") and str(settings.home) not in text and "Traceback" not in text


@pytest.mark.quick(2)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_sales_are_no_history(
    client: FlaskClient, settings: Settings, own_database: Database, damage: Damage
) -> None:
    assert client.get("/stores/1/history").status_code == 200
    damage_sales(settings, own_database, damage)

    answer = client.get("/stores/1/history")

    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["type"]) == (503, "urn:forecast-service:damaged-data")
    assert is_a_sentence(problem["detail"], settings)
    assert "import all data again with POST /imports" in problem["detail"]
    assert client.get("/forecast?store_number=1").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "degraded")
    assert all(is_a_sentence(sentence, settings) for sentence in ready.get_json()["problems"])


@pytest.mark.quick(2)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_model_answers_no_what_if(
    client: FlaskClient, settings: Settings, own_database: Database, damage: Damage
) -> None:
    damage_models(settings, own_database, damage, "forecast")

    answer = client.post("/what-if", json={"store_number": 1, "changes": [CHANGE]})

    if answer.status_code != 200:  # some bits of an archive have no meaning
        assert answer.status_code == 409
        assert is_a_sentence(answer.get_json(force=True)["detail"], settings)
        assert client.get("/readyz").get_json()["status"] == "degraded"
    assert client.get("/forecast?store_number=1").status_code == 200


@pytest.mark.quick(2)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_predictor_is_replaced_by_a_plain_training(
    client: FlaskClient, settings: Settings, own_database: Database, damage: Damage
) -> None:
    assert client.post("/training", json={"store_number": 1}).status_code == 200
    damage_models(settings, own_database, damage, "predictor")
    assert client.get("/readyz").get_json()["status"] == "degraded"

    started = client.post("/training", json={"store_number": 1})
    work(settings)

    assert started.status_code == 202, started.text
    assert client.get(started.headers["Location"]).get_json()["state"] == "serving"
    assert client.get("/readyz").get_json()["status"] == "ready"


@pytest.mark.quick(2)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_importing_all_data_again_repairs_damaged_sales(
    client: FlaskClient, settings: Settings, own_database: Database, damage: Damage
) -> None:
    for file in SnapshotStore(own_database, settings.home).files():
        damage(settings.home / file.path)
    row = {"store_number": 1, "date": "2024-04-30", "sales": 9, "covariates": {"Open": 1}}
    added = client.post("/sales", json={"sales": [row]})
    work(settings)
    refused = client.get(added.headers["Location"]).get_json()
    assert refused["state"] == "failed"
    assert "import all data again with POST /imports" in refused["error"]["detail"]

    import_small_chain(open_session(settings, own_database), settings, own_database)
    work(settings)

    days = client.get("/stores/1/history").get_json()["days"]
    assert (days[0]["date"], len(days)) == (str(FIRST_DAY), 120)
    assert client.get("/readyz").get_json() == {
        "status": "ready",
        "database": "ready",
        "forecast": "ready",
    }


ROUTES = (
    "/forecast?store_number=1",
    "/stores",
    "/stores/1",
    "/stores/1/history",
    "/training",
    "/imports",
    "/forecasts",
    "/readyz",
)


@pytest.mark.quick(3)
@pytest.mark.parametrize("path", ROUTES)
def test_a_database_that_breaks_meanwhile_is_a_sentence(
    client: FlaskClient, settings: Settings, path: str
) -> None:
    assert client.get("/stores").status_code == 200
    for file in settings.home.glob("forecast.db*"):
        file.write_bytes(b"no database at all" * (file.stat().st_size // 18 + 1))

    answer = client.get(path)

    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["type"]) == (503, "urn:forecast-service:database-damaged")
    assert problem["detail"].startswith("The database is damaged (")
    assert is_a_sentence(problem["detail"], settings)
    assert client.get("/healthz").status_code == 200


def test_tables_of_a_later_version_are_not_ready(
    client: FlaskClient, own_database: Database
) -> None:
    with own_database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "schema '9999', which another version" in answer.get_json(force=True)["detail"]
