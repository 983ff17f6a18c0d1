"""A small chain of stores with promotions, trained once; every test gets a copy of it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from forecast_service.local.api import LocalForecast
from forecast_service.local.jobs import lifecycle
from forecast_service.local.query import LocalForecastQuery
from forecast_service.settings import Settings
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id

from ..amazon import Amazon, Checked, auto_request, source

FIRST = dt.date(2024, 1, 1)
DAYS = 140
HORIZON = 7
LIFT = 1.5  # sales of a day with promotion, over those of the same day without
STORES = ("1", "2", "3", "4")


def put(amazon: Amazon, name: str, text: str) -> str:
    """Put a file into the bucket; return its address."""
    file = amazon.settings.home / "files" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    LocalBucket(amazon.settings.home).put(file, f"s3://bucket/{name}")
    return f"s3://bucket/{name}"


def sold(days: range, promo: np.ndarray, seed: int = 3) -> str:
    """Sales of the chain on some days since the first: by weekday, promotion, and a little luck."""
    noise = np.random.default_rng(seed).normal(1, 0.03, (len(STORES), DAYS + 8 * HORIZON))
    weekday = 1 + 0.1 * (np.arange(promo.shape[1]) % 7)
    demand = 100 * np.arange(1, 5)[:, None] * weekday * LIFT**promo * noise
    return "".join(
        f"{store},{FIRST + dt.timedelta(days=day)},{demand[row, day]:.3f}\n"
        for row, store in enumerate(STORES)
        for day in days
    )


def promotions(seed: int = 5) -> np.ndarray:
    """Whether each store has a promotion, by day; none in the first horizon."""
    promo = np.random.default_rng(seed).random((len(STORES), DAYS + 8 * HORIZON)) < 0.3
    promo[:, DAYS : DAYS + HORIZON] = False
    return promo.astype(float)


def related(days: range, promo: np.ndarray) -> str:
    """Promotion, and a number that has nothing to do with the sales."""
    luck = np.random.default_rng(11).random(promo.shape)
    return "".join(
        f"{store},{FIRST + dt.timedelta(days=day)},{promo[row, day]:g},{luck[row, day]:.3f}\n"
        for row, store in enumerate(STORES)
        for day in days
    )


def finish(amazon: Amazon, kinds: tuple[str, ...] = ("resource",)) -> None:
    queue = Queue(amazon.database, lease_seconds=3600)
    while claim := queue.claim(new_id(), list(kinds)):
        lifecycle.perform(amazon.database, amazon.settings, queue, claim)


def load(amazon: Amazon, dataset: str, name: str, text: str, mode: str = "FULL") -> str:
    """Import a file of days; return the ARN of the job."""
    answer = amazon.forecast.create_dataset_import_job(
        DatasetImportJobName=name,
        DatasetArn=dataset,
        DataSource=source(put(amazon, f"{name}.csv", text)),
        **({} if text.count(",") == text.count("\n") else {"TimestampFormat": "yyyy-MM-dd"}),
        ImportMode=mode,
    )
    finish(amazon)
    return str(answer["DatasetImportJobArn"])


@contextmanager
def opened(home: Path, migrated_file: Path) -> Iterator[Amazon]:
    """An empty Amazon Forecast in a new home, in process."""
    home.mkdir()
    shutil.copyfile(migrated_file, home / "forecast.db")
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'forecast.db'}", processes=1)
    database = Database(settings.resolved_database_url)
    planes = LocalForecast(database, settings), LocalForecastQuery(database, settings)
    yield Amazon(
        Checked(planes[0], "forecast"), Checked(planes[1], "forecastquery"), database, settings
    )
    database.dispose()


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """A home with an auto predictor of the chain, and its forecast of a week."""
    home = tmp_path_factory.mktemp("chain") / "home"
    promo = promotions()
    with opened(home, migrated_file) as amazon:
        target = amazon.dataset()
        plans = amazon.dataset("plans", "RELATED_TIME_SERIES", luck="float")
        stores = amazon.dataset("stores", "ITEM_METADATA")
        load(amazon, target, "sold", sold(range(DAYS), promo))
        load(amazon, plans, "planned", related(range(DAYS + HORIZON), promo))
        load(amazon, stores, "described", "1,north\n2,north\n3,south\n4,south\n")
        group = amazon.group(target, plans, stores)
        predictor = amazon.forecast.create_auto_predictor(**auto_request(group))["PredictorArn"]
        finish(amazon)
        amazon.make_forecast(predictor, status=None)
        finish(amazon)
    return home


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """URL of the database of the copy."""
    return f"sqlite:///{tmp_path / 'home' / 'forecast.db'}"


@pytest.fixture
def settings(tmp_path: Path, trained_home: Path, database_url: str) -> Settings:
    """Settings of a copy of the trained home."""
    shutil.copytree(trained_home, tmp_path / "home")
    return Settings(home=tmp_path / "home", database_url=database_url, processes=1)


@pytest.fixture
def predictor(amazon: Amazon) -> str:
    """ARN of the trained predictor."""
    (found,) = amazon.forecast.list_predictors()["Predictors"]
    return str(found["PredictorArn"])


@pytest.fixture
def forecast(amazon: Amazon) -> str:
    """ARN of its forecast."""
    (found,) = amazon.forecast.list_forecasts()["Forecasts"]
    return str(found["ForecastArn"])
