"""Imports of a caller who may see only some stores: nothing else is written, shown or undone."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support import in_days, naive
from werkzeug.test import TestResponse

from forecast_service.accounts.scopes import SCOPES
from forecast_service.app import create_app
from forecast_service.settings import Settings
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.worker import Worker

PLANNER = ("read", "train", "import")


class Shop:
    """A service with the stores 1 (North) and 2 (South), and a key for each kind of caller."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.client: FlaskClient = app.test_client()
        self.settings = settings
        rows = [f"{store},{in_days(number)},100" for store in (1, 2) for number in range(-60, 0)]
        sales = "\n".join(["store,date,sales", *rows])
        service = app.extensions["forecast_service"]
        self.files = {
            "sales": (_file(sales), "sales.csv"),
            "stores": (_file("store,region\n1,North\n2,South\n"), "stores.csv"),
        }
        self.first = self.client.post("/imports", data=self.files).get_json()["id"]
        self.work()
        self.keys = {
            name: service.keys.create(name, scopes, limits=limits, created_by="test")[1]
            for name, scopes, limits in (
                ("north", PLANNER, Limits(None, frozenset({"North"}))),
                ("other north", PLANNER, Limits(frozenset({"1"}))),
                ("south", PLANNER, Limits(frozenset({"2"}))),
                ("all", SCOPES, UNLIMITED),
            )
        }
        service.accounts_state.forget()

    def work(self) -> None:
        Worker(self.settings).run_until_idle(600)

    def send(self, caller: str, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.keys[caller]}"}
        return self.client.open(path, method=method, headers=headers, **options)

    def sell(self, caller: str, store: int, day: int = -1, **body: Any) -> TestResponse:
        sales = [{"store_number": store, "date": in_days(day), "sales": 7}]
        return self.send(caller, "POST", "/sales", json={"sales": sales, **body})

    def sold(self, caller: str, store: int) -> str:
        """The id of an import of one sale that is done."""
        answer = self.sell(caller, store)
        assert answer.status_code == 202, answer.text
        self.work()
        identifier: str = answer.get_json()["id"]
        return identifier

    def upload(self, caller: str, text: str, query: str = "mode=INCREMENTAL") -> TestResponse:
        return self.send(caller, "POST", f"/imports?{query}", data=text, content_type="text/csv")

    def seen(self, caller: str) -> list[str]:
        imports = self.send(caller, "GET", "/imports").get_json()["imports"]
        return [each["id"] for each in imports]


def _file(text: str) -> Any:
    import io

    return io.BytesIO(text.encode())


@pytest.fixture
def shop(settings: Settings) -> Any:
    """The shop of a test."""
    quick = naive(settings).model_copy(update={"region_column": "region"})
    app = create_app(quick)
    yield Shop(app, quick)
    app.extensions["forecast_service"].close()


def test_only_own_imports_are_seen_and_undone(shop: Shop) -> None:
    of_south = shop.sold("south", 2)
    of_north = shop.sold("north", 1)
    by_all = shop.sold("all", 1)

    assert shop.seen("all") == [by_all, of_north, of_south, shop.first]
    assert shop.seen("north") == shop.seen("other north") == [by_all, of_north]
    assert shop.seen("south") == [of_south]
    document = shop.send("north", "GET", f"/imports/{of_north}").get_json()
    assert document["requested_by"] == "north"
    assert document["state"] == "done"
    for caller, hidden in (("north", of_south), ("south", of_north), ("north", shop.first)):
        for method in ("GET", "DELETE"):
            answer = shop.send(caller, method, f"/imports/{hidden}")
            assert answer.status_code == 404, (caller, method)
    assert shop.send("north", "DELETE", f"/imports/{by_all}").status_code == 200
    assert shop.send("north", "DELETE", f"/imports/{of_north}").status_code == 200


def test_rows_of_another_store_are_refused_like_those_of_an_unknown_one(shop: Shop) -> None:
    answers = [shop.sell("north", store) for store in (2, 3)]
    details = [answer.get_json()["detail"] for answer in answers]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert details[0].replace("'2'", "'3'") == details[1]
    assert details[1] == ("Store '3' is unknown: there is 1 store, 1. GET /stores lists them.")


@pytest.mark.parametrize("store", [2, 3])
def test_a_file_with_another_store_fails_as_a_whole(shop: Shop, store: int) -> None:
    text = f"store,date,sales\n1,{in_days(-1)},5\n{store},{in_days(-1)},5\n"

    tried = shop.upload("north", text, "mode=INCREMENTAL&dry_run=true")
    queued = shop.upload("north", text)
    shop.work()
    failed = shop.send("north", "GET", queued.headers["Location"]).get_json()

    sentence = f"Store '{store}' is unknown. GET /stores lists them."
    assert (tried.status_code, tried.get_json()["detail"]) == (422, sentence)
    assert (failed["state"], failed["error"]["detail"]) == ("failed", sentence)
    days = shop.send("north", "GET", "/stores/1/history").get_json()["days"]
    assert days[-1]["sales"] == 100


def test_a_file_of_own_stores_is_imported(shop: Shop) -> None:
    queued = shop.upload("north", f"store,date,sales\n1,{in_days(-1)},5\n")
    shop.work()

    report = shop.send("north", "GET", queued.headers["Location"]).get_json()["report"]

    assert report["stores"] == 1
    assert report["regions"] == {"North": 1}
    days = shop.send("north", "GET", "/stores/1/history").get_json()["days"]
    assert days[-1]["sales"] == 5


def test_what_concerns_all_stores_is_not_allowed(shop: Shop) -> None:
    row = f"store,date,sales\n1,{in_days(-1)},5\n"
    table = {
        "sales": (_file(row), "sales.csv"),
        "stores": (_file("store,region\n2,North\n"), "stores.csv"),
    }

    answers = [
        shop.upload("north", row, "mode=FULL"),
        shop.upload("north", row, "mode=FULL&replace=true&dry_run=true"),
        shop.upload("north", row, ""),
        shop.send("north", "POST", "/imports?mode=INCREMENTAL", data=table),
        shop.sell("north", 1, create=True),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert answers[0].get_json()["detail"] == (
        "'north' may not do this: a full import replaces the sales of all stores, and 'north' is "
        "limited to some stores. Ask an administrator for a key or a role that may do it."
    )
    assert shop.seen("north") == []


def test_what_was_loaded_with_imports_of_other_stores_cannot_be_undone(shop: Shop) -> None:
    first, second = shop.sell("all", 2), shop.sell("all", 1)
    shop.work()
    own = second.get_json()["id"]
    assert shop.send("all", "GET", f"/imports/{own}").get_json()["loaded_with"] is not None

    answer = shop.send("north", "DELETE", f"/imports/{own}?together=true")

    assert answer.status_code == 409
    assert first.get_json()["id"] not in answer.text
    assert "loaded together with imports of other stores" in answer.get_json()["detail"]


def test_who_asked_for_a_run_or_an_administrator_cancels_it(shop: Shop) -> None:
    run = shop.send("north", "POST", "/training", json={"store_number": 1}).get_json()["run"]
    path = f"/training/{run['id']}"

    refused = shop.send("south", "DELETE", path)

    assert run["requested_by"] == "north"
    assert refused.status_code == 403
    assert refused.get_json()["detail"].startswith("'south' did not ask for training run ")
    assert shop.send("south", "GET", path).get_json()["store"] is None
    assert shop.send("north", "DELETE", path).get_json()["state"] == "cancelled"
    run = shop.send("south", "POST", "/training", json={"store_number": 2}).get_json()["run"]
    assert shop.send("all", "DELETE", f"/training/{run['id']}").status_code == 200
