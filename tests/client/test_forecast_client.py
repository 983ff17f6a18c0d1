"""The client against a running service, as a notebook or a script uses it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from forecast_service.client import ApiError, ForecastClient, RunFailed, TimedOut
from forecast_service.settings import Settings
from tests.acceptance.served import Served

DAYS = pd.date_range("2024-01-01", periods=120)


def sales(store: str | int = 1) -> pd.DataFrame:
    promo = (np.arange(len(DAYS)) % 10 == 0).astype(int)
    return pd.DataFrame({"store": store, "date": DAYS, "sales": 100.0 + 50 * promo, "promo": promo})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service without data."""
    folder = tmp_path_factory.mktemp("client")
    home = folder / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECAST_ALGORITHM", "pooled")
        patch.setenv("FORECAST_PROCESSES", "1")
        served = Served(Settings(home=home, processes=1), folder / "log")
    yield f"http://127.0.0.1:{served.port}"
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(30)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[ForecastClient]:
    """A client, and the forecasts of two stores."""
    with ForecastClient(url) as client:
        client.import_sales(pd.concat([sales(1), sales("Paris, Nord")]).astype({"store": str}))
        client.train(1)
        yield client


def test_the_forecast_is_a_table(client: ForecastClient) -> None:
    frame = client.forecast([np.int64(1), "Paris, Nord"], start="2024-04-30", end="2024-05-06")

    assert list(frame.columns) == ["store", "date", "p10", "p50", "p90"]
    assert frame["store"].tolist() == [1] * 7 + ["Paris, Nord"] * 7
    assert frame["date"].iloc[0] == pd.Timestamp("2024-04-30")
    assert (frame["p50"] - 100).abs().max() < 5
    assert frame.attrs["provenance"][0]["data_until"] == "2024-04-29"


def test_a_training_within_the_tolerance_starts_nothing(client: ForecastClient) -> None:
    decision = client.train(1)

    assert (decision["started"], decision["run"]) == (False, None)
    assert "not started" in decision["message"]


def test_a_store_of_the_table_of_stores_can_be_asked_for(client: ForecastClient) -> None:
    stores = client.stores()
    number = np.int64(stores["store"].iloc[0])

    assert client.train(number)["store_number"] == 1
    assert client.forecast(number)["store"].unique().tolist() == [1]


def test_a_forced_training_is_followed_to_its_end(client: ForecastClient) -> None:
    seen: list[str] = []
    decision = client.train(1, force=True, progress=lambda run: seen.append(run["state"]))

    assert decision["run"]["state"] == seen[-1] == "serving"


def test_a_wait_has_an_end(client: ForecastClient) -> None:
    with pytest.raises(TimedOut, match="is still") as raised:
        client.train(1, force=True, seconds=0)

    client.cancel(raised.value.document["id"])


def test_stores_and_history_are_tables(client: ForecastClient) -> None:
    stores, history = client.stores(), client.history("Paris, Nord", end="2024-04-29", limit=3)

    assert set(stores["store"]) == {1, "Paris, Nord"}
    assert history["sales"].tolist() == [100.0, 100.0, 100.0]
    assert list(history.columns) == ["date", "sales", "stockout", "promo"]


def test_the_overview_and_the_accuracy_are_tables(client: ForecastClient) -> None:
    overview, nord = client.overview(), client.overview(search="nord")

    assert set(overview["store"]) == {1, "Paris, Nord"}
    assert nord["store"].tolist() == ["Paris, Nord"]
    assert nord["last_7_days"].tolist() == [700.0]
    assert (nord["low"] <= nord["next_7_days"]).all()
    assert nord["problems"].iloc[0].startswith("Sales are late")
    assert nord["data_until"].iloc[0] == pd.Timestamp("2024-04-29")
    assert overview.attrs["tiles"]["stores"] == 2
    accuracy = client.accuracy(store=1)
    assert list(accuracy.columns) == ["lag", "wape", "bias", "coverage", "days", "naive_wape"]
    assert accuracy.attrs["source"] is None  # nothing came after the forecast yet


def test_a_what_if_stands_beside_the_forecast(client: ForecastClient) -> None:
    change = {"covariate": "promo", "value": 1, "from": "2024-05-02"}

    frame = client.what_if(1, [change]).set_index("date")

    difference = frame["p50"] - frame["p50_baseline"]
    assert 40 < difference["2024-05-02"] < 60
    assert abs(difference["2024-05-03"]) < 1


def test_an_outlook_has_past_and_forecast_in_one_table(client: ForecastClient) -> None:
    frame = client.outlook(1, days=14)

    assert frame["sales"].notna().sum() == 14
    served = client.forecast(1)
    assert frame["p50"].dropna().tolist() == served["p50"].tolist()
    assert (frame["part_level"].dropna() > 80).all()
    assert frame.attrs["plan"][0]["covariate"] == "promo"
    assert frame.attrs["reasons"][0]["code"] == "level"


def test_a_scenario_is_saved_and_deleted(client: ForecastClient) -> None:
    change = {"covariate": "promo", "value": 1, "from": "2024-05-02"}

    saved = client.save_scenario("May", 1, [change], note="try")

    assert [each["name"] for each in client.scenarios(1)] == ["May"]
    assert client.scenario(saved["id"])["result"]["total"]["difference"] > 40
    client.delete_scenario(saved["id"])
    assert client.scenarios() == []


def test_two_forecasts_are_compared(client: ForecastClient) -> None:
    client.train(1, force=True)

    frame = client.compare(1)

    assert list(frame.columns) == ["date", "before", "after", "units", "share"]
    assert "other_predictor" in [reason["code"] for reason in frame.attrs["reasons"]]


def test_sales_are_added_and_taken_back(client: ForecastClient) -> None:
    row = pd.DataFrame({"store": [1], "date": ["2024-04-30"], "sales": [77]})

    sent = client.send_sales(row)
    assert client.history(1, limit=1)["sales"].tolist() == [77.0]

    client.undo(sent["id"])
    assert client.history(1, limit=1)["date"].tolist() == [pd.Timestamp("2024-04-29")]


def test_a_bad_file_is_refused_by_its_line(client: ForecastClient) -> None:
    bad = sales().astype({"store": str, "sales": str})
    bad.loc[3, "sales"] = "many"

    with pytest.raises(RunFailed, match="'sales' is 'many'") as raised:
        client.import_sales(bad, append=True)

    assert raised.value.document["state"] == "failed"


def test_a_dry_run_changes_nothing(client: ForecastClient) -> None:
    report = client.import_sales(sales(7).astype({"store": str}), dry_run=True, replace=True)

    assert report["stores"] == 1
    assert 7 not in set(client.stores()["store"])


def test_an_unknown_store_is_an_error_of_its_own_kind(client: ForecastClient) -> None:
    with pytest.raises(ApiError, match="Store '99' is unknown") as raised:
        client.forecast(99)

    assert raised.value.type == "unknown-store"


def test_a_store_without_items_has_an_empty_table_of_items(client: ForecastClient) -> None:
    assert client.items(1).empty


def test_a_key_goes_with_every_request(url: str) -> None:
    with (
        ForecastClient(url, "no-such-key", attempts=1) as other,
        pytest.raises(ApiError, match="key") as refused,
    ):
        other.stores()

    assert (refused.value.status, refused.value.type) == (401, "unauthenticated")
