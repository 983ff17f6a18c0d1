"""The Python client on sales per item, over a socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from forecast_service.client import ForecastClient
from forecast_service.client import forecast_client as module

from .rows import DAYS

pytestmark = pytest.mark.usefixtures("with_items")


@pytest.fixture
def caller(app: Flask) -> Iterator[ForecastClient]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with ForecastClient(f"http://127.0.0.1:{server.server_port}") as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


def test_stores_are_answered_by_their_totals(caller: ForecastClient) -> None:
    totals = caller.forecast([1, 2])

    assert "item" not in totals
    assert totals["store"].tolist() == [1] * DAYS + [2] * DAYS


def test_named_items_are_rows_of_their_own(caller: ForecastClient) -> None:
    named = caller.forecast(1, item=["milk", "bread"], end="2015-06-14")

    assert named["item"].tolist() == ["milk", "bread"]


def test_all_items_come_page_by_page(
    caller: ForecastClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ITEMS_AT_ONCE", 1)

    frame = caller.items(1, end="2015-06-14")

    assert frame["item"].tolist() == ["bread", "milk"]
    assert len(frame.attrs["provenance"]) == 2
