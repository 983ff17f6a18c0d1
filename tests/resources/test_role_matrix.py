"""Every route × every kind of caller × her own store and a store that she may not see."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from forecast_service.accounts.accounts_state import note_change
from forecast_service.accounts.scopes import KNOWN, PUBLIC, SCOPES
from forecast_service.accounts.tables import api_keys
from forecast_service.app import create_app
from forecast_service.resources.gate.declarations import declarations
from forecast_service.service import Service
from forecast_service.settings import Settings
from forecast_service.storage import tables
from forecast_service.storage.limits import UNLIMITED, Limits

from .rows import GROUP, import_group, insert_store, serve_forecast

OWN, FOREIGN, UNKNOWN = "North1", "Zzyx7", "Ghost7"
HIDDEN = re.compile("zzyx", re.IGNORECASE)  # in names of the foreign store and its region
NORTH = Limits(None, frozenset({"North"}))
CALLERS: dict[str, tuple[list[str], Limits]] = {
    "viewer": (["read"], UNLIMITED),
    "viewer of a store": (["read"], Limits(frozenset({OWN}))),
    "planner of a region": (["read", "train", "import"], NORTH),
    "planner": (["read", "train", "import"], UNLIMITED),
    "importer": (["import"], UNLIMITED),
    "everything of a region": (["read", "train", "force", "import"], NORTH),
    "admin": (list(SCOPES), UNLIMITED),
}
LIMITED = [name for name, (_, limits) in CALLERS.items() if not limits.are_none]
NO_CREDENTIALS = ("nobody", "wrong key", "expired key", "revoked key")
DAYS = "start=2015-01-01&end=2015-02-01"


def body_of(rule: str, store: str) -> dict[str, Any]:
    """A body with which a route does something for a store; the default names the store."""
    sale = {"store_number": store, "date": "2015-06-01"}
    changes = [{"covariate": "promo", "value": 1, "from": "2015-06-20"}]
    bodies: dict[str, dict[str, Any]] = {
        "/sales": {"sales": [{**sale, "sales": 5}]},
        "DELETE /sales": {"sales": [sale]},
        "/what-if": {"store_number": store, "changes": changes},
        "/scenarios": {"name": "Plan", "store_number": store, "changes": changes},
        "/keys": {"name": f"new {time.monotonic_ns()}", "scopes": ["read"], "stores": [store]},
    }
    return bodies.get(rule, {"store_number": store})


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A service with an own store, a foreign one, an import and a run of the foreign one."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("matrix"), rate_limit_unknown="off"))
    service: Service = app.extensions["forecast_service"]
    with service.database.write() as connection:
        import_group(connection)
        insert_store(connection, OWN, region="North", attributes={"store_name": "Own"})
        insert_store(connection, FOREIGN, region="Zzyxland", attributes={"store_name": "Zzyx"})
        serve_forecast(connection, [[OWN], [FOREIGN]])
        connection.execute(
            sa.insert(tables.imports).values(
                id="Zzyx7import",
                dataset_group=GROUP,
                state="done",
                mode="INCREMENTAL",
                files={"sales": "zzyx.csv"},
                options={},
                report={"notes": ["Store 'Zzyx7' has gaps."]},
                requested_at=1.0,
                finished_at=2.0,
                requested_by="qwendolin",
                touched_stores=[FOREIGN],
            )
        )
        connection.execute(
            sa.insert(tables.training_runs),
            [
                {
                    "id": f"run{number}",
                    "dataset_group": GROUP,
                    "store": FOREIGN,
                    "state": state,
                    "trains": True,
                    "reason": "unknown_store",
                    "detail": "predictor 'p' was trained before store 'Zzyx7' was imported",
                    "message": "Series 'Zzyx7' cannot be modelled.",
                    "requested_at": 1.0,
                    "finished_at": 2.0,
                    "requested_by": "qwendolin",
                }
                for number, state in enumerate(("failed", "serving"))
            ],
        )
    yield app
    service.close()


@pytest.fixture(scope="module")
def keys(app: Flask) -> dict[str, str]:
    """A key for every kind of caller."""
    service: Service = app.extensions["forecast_service"]
    made = {
        name: service.keys.create(name, scopes, limits=limits, created_by="test")[1]
        for name, (scopes, limits) in CALLERS.items()
    }
    for name in ("expired key", "revoked key"):
        made[name] = service.keys.create(name, SCOPES, created_by="test")[1]
    service.keys.revoke("revoked key")
    with service.database.write() as connection:
        expired = api_keys.c.name == "expired key"
        connection.execute(sa.update(api_keys).where(expired).values(expires_at=1.0))
        note_change(connection)
    service.accounts_state.forget()
    return {**made, "wrong key": "fsk_" + "0" * 48}


def routes() -> list[tuple[str, str]]:
    """Method and rule of every route, as the app of an empty service has them."""
    from forecast_service.resources.routes import ROUTES

    methods = ("get", "post", "put", "patch", "delete")
    named = [(m.upper(), path) for path, kind in ROUTES for m in methods if hasattr(kind, m)]
    return [*named, ("GET", "/"), ("GET", "/docs"), ("POST", "/aws")]


def send(
    app: Flask, keys: dict[str, str], caller: str, method: str, rule: str, store: str
) -> TestResponse:
    """Send the request of a route that names this store."""
    path = rule.replace("<store_number>", store)
    path = re.sub("<[^>]*>", f"{store}import" if "import" in rule else store, path)
    key = keys.get(caller)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    client = app.test_client()
    if method == "GET":
        return client.get(f"{path}{_query(rule, store)}", headers=headers)
    if rule == "/imports":
        content = f"store,date,sales\n{store},2015-06-01,5\n"
        headers["Content-Type"] = "text/csv"
        query = "?mode=INCREMENTAL&dry_run=true"
        return client.post(f"{path}{query}", data=content, headers=headers)
    named = f"{method} {rule}" if method == "DELETE" else rule
    return client.open(path, method=method, json=body_of(named, store), headers=headers)


def _query(rule: str, store: str) -> str:
    if "<" in rule:
        return f"?{DAYS}" if "history" in rule else ""
    return f"?store_number={store}" if rule in ("/forecast", "/forecasts", "/scenarios") else ""


def needed(app: Flask, method: str, rule: str) -> str:
    """What the route declares."""
    found: Rule = next(
        each for each in app.url_map.iter_rules() if each.rule == rule and method in each.methods
    )
    return declarations(app)[found.endpoint, method].scope


def text_of(response: TestResponse) -> str:
    """The answer without what differs between equal requests."""
    return re.sub('"request_id":"[^"]*"', "", response.get_data(as_text=True))


@pytest.mark.parametrize(("method", "rule"), routes())
def test_without_valid_credentials_nothing_is_shown(
    app: Flask, keys: dict[str, str], method: str, rule: str
) -> None:
    for caller in NO_CREDENTIALS:
        response = send(app, keys, caller, method, rule, FOREIGN)

        if needed(app, method, rule) != PUBLIC:
            refused = {"/": 302, "/aws": 400}.get(rule, 401)
            assert response.status_code == refused, caller
        else:
            assert response.status_code not in (401, 403), caller
        assert not re.search("Zzyxland|qwendolin", text_of(response)), caller


@pytest.mark.parametrize(("method", "rule"), routes())
def test_a_caller_may_do_what_the_scopes_say(
    app: Flask, keys: dict[str, str], method: str, rule: str
) -> None:
    scope = needed(app, method, rule)
    for caller, (scopes, _) in CALLERS.items():
        status = send(app, keys, caller, method, rule, OWN).status_code

        if rule == "/aws":  # it wants a signature
            assert status == 400, caller
        elif scope in (PUBLIC, KNOWN) or scope in scopes:
            assert status not in (401, 403), caller
        else:
            assert status == 403, caller


@pytest.mark.parametrize(("method", "rule"), routes())
def test_a_foreign_store_does_not_exist(
    app: Flask, keys: dict[str, str], method: str, rule: str
) -> None:
    send(app, keys, "admin", "GET", rule, FOREIGN)  # now it is cached, if anything is
    for caller in LIMITED:
        own = send(app, keys, caller, method, rule, OWN)
        foreign = send(app, keys, caller, method, rule, FOREIGN)
        unknown = send(app, keys, caller, method, rule, UNKNOWN)

        assert not HIDDEN.search(text_of(own)), caller
        assert foreign.status_code == unknown.status_code, caller
        hidden = text_of(foreign).replace(FOREIGN, UNKNOWN)
        assert without_changes(hidden) == without_changes(text_of(unknown)), caller


def without_changes(text: str) -> str:
    """The text without ids, times and sizes, and metrics of the process."""
    return re.sub(
        r'"(id|\w+_at|data|\w+_bytes)":"?[^",]*"?|^(forecast_service_request|#).*$',
        "",
        text,
        flags=re.M,
    )


def test_the_bytes_of_an_answer_are_not_shared_beyond_limits(
    app: Flask, keys: dict[str, str]
) -> None:
    client, address = app.test_client(), f"/forecast?store_number={FOREIGN}"
    admin = {"Authorization": f"Bearer {keys['admin']}"}
    planner = {"Authorization": f"Bearer {keys['planner of a region']}"}
    first = client.get(address, headers=admin)

    again = client.get(address, headers={**planner, "If-None-Match": first.headers["ETag"]})

    assert first.status_code == 200
    assert again.status_code == 404
    assert client.get(address, headers=admin).status_code == 200


@pytest.mark.parametrize("caller", LIMITED)
def test_lists_have_only_what_the_caller_may_see(
    app: Flask, keys: dict[str, str], caller: str
) -> None:
    client, headers = app.test_client(), {"Authorization": f"Bearer {keys[caller]}"}
    everyone = {"Authorization": f"Bearer {keys['viewer']}"}

    stores = client.get("/stores", headers=headers).get_json()
    runs = client.get("/training", headers=headers).get_json()["runs"]

    assert [store["store_number"] for store in stores["stores"]] == [OWN]
    assert stores["count"] == 1
    assert {run["store"] for run in runs if run["id"] in ("run0", "run1")} == {None}
    imports = [each["id"] for each in client.get("/imports", headers=headers).get_json()["imports"]]
    assert "Zzyx7import" not in imports
    assert client.get("/imports/Zzyx7import", headers=headers).status_code == 404
    assert client.get("/imports/Zzyx7import", headers=everyone).status_code == 200
    assert client.get("/stores?region=Zzyxland", headers=headers).status_code == 404
    many = {"store_numbers": [OWN, FOREIGN]}
    assert client.post("/forecast", json=many, headers=headers).status_code == 404
    assert client.post("/forecast", json=many, headers=everyone).status_code == 200
