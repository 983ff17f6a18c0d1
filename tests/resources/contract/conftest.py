"""A home with the data that the examples of the interface speak of, trained once per process."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forecast_service import __version__
from forecast_service.app import create_app
from forecast_service.resources.contract.document.openapi import description
from forecast_service.resources.routes import ROUTES
from forecast_service.settings import Settings
from forecast_service.worker import Worker

FIRST, LAST = date(2026, 5, 4), date(2026, 8, 30)
HORIZON = 28
STORES = "store,region,name\n1,north,Harbour\n2,north,Station\n"


ITEMS = {"milk": 80, "bread": 40}


def sales(items: Sequence[str]) -> str:
    """Two stores, closed on Sundays, with a promotion every other week."""
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1 + HORIZON)]
    rows = [row(store, item, day) for day in days for store in (1, 2) for item in items or [""]]
    header = "store,date,sales,promo,open" + (",item" if items else "")
    return "\n".join([header, *rows]) + "\n"


def row(store: int, item: str, day: date) -> str:
    opened, promo = int(day.weekday() != 6), int(day.isocalendar().week % 2)
    level = ITEMS.get(item, 120) + 20 * promo + 3 * day.weekday() + day.day % 5
    sold = "" if day > LAST else str(level * store * opened)
    return ",".join([f"{store},{day},{sold},{promo},{opened}", *([item] if item else [])])


def trained(folder: Path, items: Sequence[str]) -> Settings:
    """The settings of a new home with sales, stores and a forecast."""
    settings = Settings(
        home=folder / "home",
        processes=1,
        algorithm="pooled",
        rate_limit="off",
        rate_limit_unknown="off",
    )
    settings.home.mkdir()
    with contextlib.closing(create_app(settings).extensions["forecast_service"]) as service:
        paths = {"sales": folder / "sales.csv", "stores": folder / "stores.csv"}
        paths["sales"].write_text(sales(items))
        paths["stores"].write_text(STORES)
        service.imports.request(paths, "FULL", {})
        assert Worker(settings).run_until_idle(600)
        service.runs.request("1", None)
        assert Worker(settings).run_until_idle(600)
    return settings


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with sales per store; no test may change it."""
    return trained(tmp_path_factory.mktemp("stores"), ())


@pytest.fixture(scope="module")
def served_settings(trained_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a copy of the home, for the tests of one file."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(trained_home.home, home)
    return trained_home.model_copy(update={"home": home})


@pytest.fixture(scope="module")
def served(served_settings: Settings) -> Iterator[Flask]:
    """The app over this copy."""
    yield from opened(served_settings)


@pytest.fixture(scope="module")
def served_items(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app over a home in which the stores sell milk and bread."""
    yield from opened(trained(tmp_path_factory.mktemp("items"), tuple(ITEMS)))


def opened(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def browser(served: Flask) -> FlaskClient:
    return served.test_client()


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The description of the interface."""
    return description(ROUTES, __version__)
