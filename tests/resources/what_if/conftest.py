"""An installation with two stores and a forecast by auto; each file of tests has its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.settings import Settings
from forecast_service.worker import Worker

from ..conftest import Refusal, sender

FIRST = date(2014, 1, 6)  # a Monday
DAYS, HORIZON = 126, 14
START = FIRST + timedelta(days=DAYS)
PROMO = {"covariate": "promo", "value": 1, "from": "2014-05-19", "to": "2014-05-24"}


def row(store: int, index: int, generator: np.random.Generator) -> str:
    """A day of a store: promotions every other week, closed on Sundays, a price, a holiday."""
    day = FIRST + timedelta(days=index)
    promo, opened = int(index // 7 % 2 == 0 and day.weekday() < 5), int(day.weekday() != 6)
    holiday = "a" if index % 40 == 20 else "0"
    price = 2.0 + 0.5 * (index // 21 % 2)
    level = 100.0 * store * (1 + 0.5 * promo) * (0.6 if holiday == "a" else 1.0)
    sales = f"{level * generator.normal(1, 0.03) * opened:.1f}" if index < DAYS else ""
    return f"{store},{day},{sales},{opened},{promo},{price},{holiday}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of an installation with two stores and a forecast by auto."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), processes=1)
    generator = np.random.default_rng(3)
    lines = [row(s, i, generator) for s in (1, 2) for i in range(DAYS + HORIZON)]
    app = create_app(settings)
    body = "\n".join(["Store,Date,Sales,Open,Promo,Price,StateHoliday", *lines])
    client = app.test_client()
    assert client.post("/imports", data=body, content_type="text/csv").status_code == 202
    assert Worker(settings).run_until_idle(600)
    assert client.post("/training", json={"store_number": 1}).status_code == 202
    assert Worker(settings).run_until_idle(600)
    app.extensions["forecast_service"].close()
    return settings


@pytest.fixture(scope="module")
def app(home: Settings) -> Iterator[Flask]:
    """The app with production settings."""
    app = create_app(home)
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def refusal(client: FlaskClient) -> Refusal:
    return sender(client)
