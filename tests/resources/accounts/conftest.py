"""Fixtures of the tests of accounts over HTTP: an admin and a viewer, with their browsers."""

from __future__ import annotations

import pytest
from flask import Flask

from forecast_service.service import Service

from .people import PASSWORD, Person


@pytest.fixture
def service(app: Flask) -> Service:
    """The service behind the app."""
    service: Service = app.extensions["forecast_service"]
    return service


@pytest.fixture
def users(service: Service) -> None:
    """Ann is an admin, Bob a viewer."""
    service.users.create("ann", {"role": "admin", "password": PASSWORD})
    service.users.create("bob", {"password": PASSWORD, "language": "de"})
    service.accounts_state.forget()


@pytest.fixture
def nobody(app: Flask, users: None) -> Person:
    """A browser without a log-in."""
    return Person(app)


@pytest.fixture
def ann(app: Flask, users: None) -> Person:
    """The admin, logged in."""
    return logged_in(app, "ann")


@pytest.fixture
def bob(app: Flask, users: None) -> Person:
    """The viewer, logged in."""
    return logged_in(app, "bob")


def logged_in(app: Flask, name: str) -> Person:
    person = Person(app)
    assert person.log_in(name).status_code == 200
    return person
