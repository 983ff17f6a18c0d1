"""Weekly sales over HTTP: the forecasts have the dates of the file."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from forecast_service.settings import Settings
from forecast_service.worker import Worker


def test_weekly_sales_become_weekly_forecasts(client: FlaskClient, settings: Settings) -> None:
    friday = date(2013, 1, 4)
    weeks = [friday + timedelta(weeks=index) for index in range(60)]
    lines = [f"{store},{week},{1000 * store}" for store in (1, 2) for week in weeks]
    file = "\n".join(["Store,Date,Weekly_Sales", *lines])

    imported = client.post("/imports", data=file, content_type="text/csv")
    Worker(settings).run_until_idle(600)
    report = client.get(imported.headers["Location"]).get_json()["report"]
    assert (report["frequency"], report["horizon"]) == ("W-FRI", 13)
    assert client.post("/training", json={"store_number": 1}).status_code == 202
    Worker(settings).run_until_idle(600)

    answer = client.get("/forecast?store_number=2").get_json()
    points = answer["result"]["Forecast"]["Predictions"]["p50"]
    expected = [str(weeks[-1] + timedelta(weeks=index)) for index in range(1, 14)]
    assert [point["Timestamp"][:10] for point in points] == expected
    assert [point["Value"] for point in points] == pytest.approx([2000] * 13, rel=0.01)
    history = client.get("/stores/2/history").get_json()
    assert history["days"][-1]["date"] == str(weeks[-1])
