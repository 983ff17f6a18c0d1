"""The one-time link of a locked service: it makes the first admin, once, and for an hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from forecast_service.accounts.tables import admin_links
from forecast_service.app import create_app
from forecast_service.cli.serving import first_admin_lines
from forecast_service.service import Service
from forecast_service.settings import Settings

from .people import PASSWORD, Person

PROXY = "https://shop.example"


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """A service that other machines reach; it is locked."""
    app = create_app(settings.model_copy(update={"allowed_hosts": ("shop.example",)}))
    yield app
    app.extensions["forecast_service"].close()


@pytest.fixture
def link(app: Flask, service: Service) -> str:
    """The path of the link in the log."""
    (line,) = first_admin_lines(service.settings)
    address, _, path = line.rpartition(" ")[2].partition(":5000")
    assert address == "http://shop.example"
    return path


@pytest.fixture
def visitor(app: Flask) -> Person:
    """A browser on another machine."""
    return Person(app, PROXY)


def use(person: Person, link: str, name: str = "Ann", password: str = PASSWORD) -> Any:
    token = link.partition("=")[2]
    fields = {"token": token, "user": name, "password": password}
    return person.client.post("/first-admin", data=fields, base_url=person.base_url)


def test_the_link_makes_the_first_admin_and_logs_her_in(visitor: Person, link: str) -> None:
    assert visitor.get("/stores").status_code == 401
    page = visitor.get(link)
    assert page.status_code == 200
    assert '<form method="post" action="/first-admin">' in page.get_data(as_text=True)
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.get_data(as_text=True)  # the policy forbids it
    assert page.headers["Cache-Control"] == "no-store"

    answer = use(visitor, link)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.get("/me").get_json()["role"] == "admin"
    assert visitor.get("/stores").status_code == 200


def test_the_link_works_once(app: Flask, visitor: Person, link: str) -> None:
    use(visitor, link)

    other = Person(app, PROXY)
    assert other.get(link).status_code == 410
    assert use(other, link, "eve").status_code == 401
    assert [user["name"] for user in visitor.get("/users").get_json()["users"]] == ["ann"]


def test_the_link_ends_after_an_hour(visitor: Person, link: str, service: Service) -> None:
    with service.database.write() as connection:
        earlier = {"expires_at": admin_links.c.expires_at - 3601}
        connection.execute(sa.update(admin_links).values(earlier))

    assert visitor.get(link).status_code == 410
    assert use(visitor, link).status_code == 401


def test_a_restart_ends_the_earlier_link(visitor: Person, link: str, service: Service) -> None:
    (line,) = first_admin_lines(service.settings)

    assert visitor.get(link).status_code == 410
    assert visitor.get(line.partition(":5000")[2]).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --"])
def test_a_guess_is_refused(visitor: Person, link: str, token: str) -> None:
    assert visitor.get(f"/first-admin?token={token}").status_code == 410
    assert use(visitor, f"={token}").status_code == 401


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [("Ann", "short", "The password has 5 characters."), ("", PASSWORD, "is not a name of a user")],
)
def test_after_a_mistake_the_link_can_be_used_again(
    visitor: Person, link: str, name: str, password: str, sentence: str
) -> None:
    answer = use(visitor, link, name, password)

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert password not in answer.get_data(as_text=True)
    assert use(visitor, link).status_code == 303


def test_a_name_is_shown_as_text(visitor: Person, link: str) -> None:
    page = use(visitor, link, '"><script>', "short").get_data(as_text=True)

    assert "&#34;&gt;&lt;script&gt;" in page
    assert '"><script>' not in page


def test_the_page_speaks_german(visitor: Person, link: str) -> None:
    page = visitor.send("GET", link, headers={"Accept-Language": "de"}).get_data(as_text=True)

    assert "Ersten Administrator anlegen" in page
    assert "mindestens 12 Zeichen" in page


def test_with_an_account_there_is_no_link(visitor: Person, service: Service) -> None:
    service.users.create("ann", {"role": "admin", "password": PASSWORD})

    assert service.admin_link.make() is None


def test_on_this_machine_alone_no_link_is_needed(settings: Settings, service: Service) -> None:
    assert first_admin_lines(settings) == []
