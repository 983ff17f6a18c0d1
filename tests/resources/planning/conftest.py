"""A chain of three stores with a forecast, for all tests of planning; made once per process."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.settings import Settings
from forecast_service.worker import Worker

from ..conftest import Refusal, sender

FIRST = date(2014, 1, 6)  # a Monday
DAYS, HORIZON = 469, 28
LAST = FIRST + timedelta(days=DAYS - 1)  # 2015-04-19, a Sunday
STORES = "Store,Name,Region\n1,Altona,north\n2,Bogenhausen,south\n3,Cottbus,north\n"
HEADER = "Store,Date,Sales,Open,Promo,Price,StateHoliday"


def is_promoted(day: date) -> bool:
    """Promotions run on the workdays of every other week."""
    return (day - FIRST).days // 7 % 2 == 0 and day.weekday() < 5


def row(store: int, index: int, generator: np.random.Generator) -> str:
    """A day of a store: closed on Sundays, busy on Saturdays, a promotion, a price, a holiday."""
    day = FIRST + timedelta(days=index)
    opened = int(day.weekday() != 6)
    holiday = "a" if index % 40 == 20 else "0"
    price = 2.0 + 0.5 * (index // 21 % 2)
    level = 100.0 * store * (1.5 if is_promoted(day) else 1.0) * (0.6 if holiday == "a" else 1.0)
    level *= 1.4 if day.weekday() == 5 else 1.0
    noise = generator.normal(1, 0.05)
    sales = f"{level * noise * opened:.1f}" if index < DAYS else ""
    return f"{store},{day},{sales},{opened},{int(is_promoted(day))},{price},{holiday}"


def make_home(settings: Settings, sales: list[str], stores: str = STORES) -> Settings:
    """Import these sales, train and forecast."""
    app = create_app(settings)
    client = app.test_client()
    files = {"sales": "\n".join(sales), "stores": stores}
    sent = {role: (io.BytesIO(text.encode()), f"{role}.csv") for role, text in files.items()}
    assert client.post("/imports", data=sent).status_code == 202
    assert Worker(settings).run_until_idle(600)
    assert client.post("/training", json={"store_number": 1}).status_code == 202
    assert Worker(settings).run_until_idle(600)
    app.extensions["forecast_service"].close()
    return settings


@pytest.fixture(scope="session")
def planned_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the installation."""
    settings = Settings(home=tmp_path_factory.mktemp("planning"), processes=1, country="DE")
    generator = np.random.default_rng(3)
    lines = [row(s, i, generator) for s in (1, 2, 3) for i in range(DAYS + HORIZON)]
    return make_home(settings, [HEADER, *lines])


@pytest.fixture
def home(planned_home: Settings, tmp_path: Path) -> Settings:
    """A copy of the installation, for tests that change it."""
    copy = tmp_path / "copy"
    shutil.copytree(planned_home.home, copy)
    return planned_home.model_copy(update={"home": copy})


@pytest.fixture(scope="session")
def shared_app(planned_home: Settings) -> Iterator[Flask]:
    app = create_app(planned_home)
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def app(shared_app: Flask) -> Flask:
    """The app over the common installation: nothing may be changed."""
    return shared_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def refusal(client: FlaskClient) -> Refusal:
    return sender(client)
