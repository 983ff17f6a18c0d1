"""Outlooks of weekly and monthly sales, and of algorithms without effects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support import naive

from forecast_service.app import create_app
from forecast_service.resources.contract.planning.outlook_answers import Outlook
from forecast_service.settings import Settings

from .conftest import make_home

PERIODS = {
    "weekly": [date(2014, 1, 6) + timedelta(weeks=week) for week in range(120)],
    "monthly": [date(2012 + month // 12, month % 12 + 1, 1) for month in range(48)],
}


@pytest.fixture(params=list(PERIODS))
def served(request: pytest.FixtureRequest, settings: Settings) -> Iterator[tuple[str, Flask]]:
    """One store whose sales grow by 1 from period to period."""
    dates = PERIODS[request.param]
    lines = [f"1,{day},{100 + index}" for index, day in enumerate(dates)]
    settings = naive(settings)
    make_home(settings, ["Store,Date,Sales", *lines], "Store,Region\n1,north\n")
    app = create_app(settings)
    yield request.param, app
    app.extensions["forecast_service"].close()


def outlook_of(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/stores/1/outlook?full=true")
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.get_json()
    Outlook.model_validate(document)
    return document


def test_longer_periods_have_outlooks_too(served: tuple[str, Flask]) -> None:
    kind, app = served

    answer = outlook_of(app.test_client())

    history = answer["history"]
    assert history["sales"][-1] == 99 + len(PERIODS[kind])
    a_year = 52 if kind == "weekly" else 12
    assert history["last_year"][-1] == history["sales"][-1] - a_year
    coming, first = answer["next_7_days"], answer["forecast"]["p50"][0]
    assert (coming["from"], coming["p50"]) == (answer["forecast"]["date"][0], first)
    assert (coming["days"], coming["total_method"]) == (7 if kind == "weekly" else 31, "period")
    assert answer["forecast"]["parts"] is None
    assert answer["reasons"][0]["code"] == "no_parts"
    if kind == "monthly":
        assert answer["weeks"] == []
        return
    week, forecast = answer["weeks"][0], answer["forecast"]
    assert (week["from"], week["p50"]) == (forecast["date"][0], forecast["p50"][0])
    assert week["total_method"] == "period"
