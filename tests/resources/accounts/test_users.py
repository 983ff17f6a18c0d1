"""Users over HTTP: only admins manage them, and passwords are shown once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection

from forecast_service.service import Service
from tests.resources.rows import import_group, insert_store

from .people import NEW_PASSWORD, Person


@pytest.fixture
def stores(service: Service) -> None:
    """Store 1 in the region north."""
    connection: Connection
    with service.database.write() as connection:
        import_group(connection)
        insert_store(connection, "1", region="north")


@pytest.mark.usefixtures("stores")
def test_a_new_user_gets_a_password_that_only_the_answer_has(app: Flask, ann: Person) -> None:
    body = {"name": "Carla", "role": "planner", "stores": [1], "regions": ["north"]}

    answer = ann.send("POST", "/users", body)

    assert answer.status_code == 201
    assert answer.headers["Location"] == "/users/carla"
    document = answer.get_json()
    password = document.pop("password")
    assert document == ann.get("/users/carla").get_json()
    assert document["limits"] == {"stores": ["1"], "regions": ["north"]}
    assert document["role"] == "planner"
    carla = Person(app)
    assert carla.log_in("carla", password).get_json()["limits"] == document["limits"]
    assert password not in ann.get("/users").get_data(as_text=True)
    assert password not in ann.get("/audit").get_data(as_text=True)


def test_a_password_that_was_sent_is_not_repeated(app: Flask, ann: Person) -> None:
    answer = ann.send("POST", "/users", {"name": "carla", "password": NEW_PASSWORD})

    assert answer.get_json()["password"] is None
    assert NEW_PASSWORD not in answer.get_data(as_text=True)
    assert Person(app).log_in("carla", NEW_PASSWORD).status_code == 200


def test_a_refusal_does_not_repeat_the_password(ann: Person) -> None:
    answer = ann.send("POST", "/users", {"name": "carla", "password": "Password2026!"})

    assert answer.status_code == 422
    assert "Password2026" not in answer.get_data(as_text=True)


@pytest.mark.usefixtures("stores")
def test_what_is_left_out_stays(ann: Person, bob: Person) -> None:
    ann.send("PATCH", "/users/bob", {"regions": ["north"]})
    answer = ann.send("PATCH", "/users/bob", {"role": "planner"})

    assert answer.get_json()["limits"] == {"stores": None, "regions": ["north"]}
    assert answer.get_json()["language"] == "de"
    assert bob.get("/me").get_json()["role"] == "planner"
    ann.send("PATCH", "/users/bob", {"regions": None})
    assert bob.get("/me").get_json()["limits"] == {"stores": None, "regions": None}


def test_a_disabled_user_is_logged_out_until_enabled(ann: Person, bob: Person) -> None:
    assert ann.send("PATCH", "/users/bob", {"disabled": True}).get_json()["disabled"] is True

    assert bob.get("/me").status_code == 401
    assert bob.log_in("bob").status_code == 401
    ann.send("PATCH", "/users/bob", {"disabled": False})
    assert bob.log_in("bob").status_code == 200


def test_a_deleted_user_is_gone(ann: Person, bob: Person) -> None:
    assert ann.send("DELETE", "/users/bob").status_code == 204

    assert bob.get("/me").status_code == 401
    assert ann.get("/users/bob").status_code == 404
    assert ann.send("DELETE", "/users/bob").status_code == 404


@pytest.mark.parametrize(
    ("method", "body"),
    [("DELETE", None), ("PATCH", {"disabled": True}), ("PATCH", {"role": "viewer"})],
)
def test_the_last_admin_stays(ann: Person, method: str, body: Any) -> None:
    answer = ann.send(method, "/users/ann", body)

    assert answer.status_code == 409
    assert "is the last admin" in answer.get_json()["detail"]


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "bob"}, 409),
        ({"name": ""}, 422),
        ({"name": "x", "role": "boss"}, 422),
        ({"name": "x", "role": "admin", "stores": ["1"]}, 422),
        ({"name": "x", "stores": []}, 422),
        ({"name": "x", "stores": ["9"]}, 404),
        ({"name": "x", "regions": ["south"]}, 404),
        ({"name": "x", "admin": True}, 422),
    ],
)
@pytest.mark.usefixtures("stores")
def test_what_is_not_allowed_makes_no_user(ann: Person, body: Any, status: int) -> None:
    assert ann.send("POST", "/users", body).status_code == status
    assert [user["name"] for user in ann.get("/users").get_json()["users"]] == ["ann", "bob"]


def test_a_change_of_nothing_is_refused(ann: Person) -> None:
    answer = ann.send("PATCH", "/users/bob", {})

    assert answer.status_code == 422
    assert "send at least one field to change" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/users", None),
        ("POST", "/users", {"name": "eve", "role": "admin"}),
        ("GET", "/users/bob", None),
        ("PATCH", "/users/bob", {"role": "admin"}),
        ("DELETE", "/users/ann", None),
        ("GET", "/audit", None),
    ],
)
def test_only_admins_manage_users(
    nobody: Person, bob: Person, method: str, path: str, body: Any
) -> None:
    refused = bob.send(method, path, body)
    assert refused.status_code == 403
    assert "the scope 'admin' is missing" in refused.get_json()["detail"]
    assert nobody.send(method, path, body).status_code == 401


def test_the_first_user_over_http_locks_the_service(app: Flask) -> None:
    anybody = Person(app)
    assert anybody.send("POST", "/users", {"name": "eve", "role": "viewer"}).status_code == 422
    answer = anybody.send("POST", "/users", {"name": "ann", "role": "admin"})
    assert answer.status_code == 201

    assert anybody.get("/stores").status_code == 401
    assert anybody.log_in("ann", answer.get_json()["password"]).status_code == 200
    assert anybody.get("/stores").status_code == 200
