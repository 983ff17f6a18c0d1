"""Fixtures for the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from forecast_service.app import create_app
from forecast_service.settings import Settings


@pytest.fixture(scope="session")
def empty_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app without data, for all tests of the frames."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("empty")))
    yield app
    app.extensions["forecast_service"].close()
