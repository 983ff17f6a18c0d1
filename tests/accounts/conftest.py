"""Fixtures of the tests of accounts: the service, and an admin with a password."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forecast_service.accounts.user import User
from forecast_service.service import Service, open_service
from forecast_service.settings import Settings

from .people import PASSWORD


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """An empty service."""
    service = open_service(settings)
    service.prepare()
    yield service
    service.close()


@pytest.fixture
def ann(service: Service) -> User:
    """The first admin."""
    return service.users.create("Ann", {"role": "admin", "password": PASSWORD})
