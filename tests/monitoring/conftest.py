"""Fixtures: chains whose forecasts were served while their sales went on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import import_sales, import_small_chain, naive, runs_of, work

from forecast_service.service import Service, open_service
from forecast_service.session import open_session
from forecast_service.settings import Settings

Arrive = Callable[[range, range], None]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return naive(settings, horizon=28)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """A service with 26 weeks of sales of three stores and a served forecast."""
    service = open_service(settings)
    service.prepare()
    session = open_session(settings, service.database)
    import_small_chain(session, settings, service.database, days=182)
    runs_of(settings, service.database).request(None)
    work(settings)
    yield service
    service.close()


@pytest.fixture
def arrive(service: Service, settings: Settings) -> Arrive:
    """A function that imports more days of some stores, and does all work."""

    def arrive(stores: range, days: range) -> None:
        session = open_session(settings, service.database)
        import_sales(session, settings, service.database, stores=stores, days=days)
        work(settings)

    return arrive


@pytest.fixture
def correct(
    service: Service, settings: Settings, tmp_path: Path
) -> Callable[[str, str, int], None]:
    """A function that corrects one figure."""

    def correct(store: str, day: str, sales: int) -> None:
        path = tmp_path / "correction.csv"
        path.write_text(f"Store,Date,Sales,Open\n{store},{day},{sales},1\n")
        service.imports.request({"sales": path}, "INCREMENTAL")
        work(settings)

    return correct
