"""Items that have never been sold, but that the item metadata describe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np

from forecast_service.storage.bucket import LocalBucket

from ..amazon import Amazon, legacy_request, refusal, source

FIRST = dt.date(2015, 1, 1)
DAYS = 70
REGIONS = {"1": "north", "2": "north", "3": "south", "4": "north"}  # the last one is new


def load(amazon: Amazon, dataset: str, rows: list[str], folder: Path) -> None:
    """Import rows of days or of item metadata."""
    name = dataset.rsplit("/", 1)[1]
    file = folder / f"{name}.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    LocalBucket(amazon.settings.home).put(file, f"s3://bucket/{name}.csv")
    layout = {"TimestampFormat": "yyyy-MM-dd"} if name == "sales" else {}
    amazon.forecast.create_dataset_import_job(
        DatasetImportJobName="first",
        DatasetArn=dataset,
        DataSource=source(f"s3://bucket/{name}.csv"),
        **layout,
    )


def described_group(
    amazon: Amazon, folder: Path, finish: Callable[[], None], name: str = "chain"
) -> str:
    """Three items with sales, and four with metadata."""
    sales, items = amazon.dataset(), amazon.dataset("items", "ITEM_METADATA")
    days = [FIRST + dt.timedelta(days=day) for day in range(DAYS)]
    luck = np.random.default_rng(1)
    rows = [f"{i},{day},{100 * int(i) + luck.normal(0, 9):.2f}" for i in "123" for day in days]
    load(amazon, sales, rows, folder)
    load(amazon, items, [f"{item},{region}" for item, region in REGIONS.items()], folder)
    finish()
    return amazon.group(sales, items, name=name)


def middle(amazon: Amazon, forecast: str, item: str) -> list[float]:
    answer = amazon.forecastquery.query_forecast(ForecastArn=forecast, Filters={"item_id": item})
    return [point["Value"] for point in answer["Forecast"]["Predictions"]["p50"]]


def test_a_new_item_gets_the_mean_of_the_items_most_like_it(
    amazon: Amazon, tmp_path: Path, finish_jobs: Callable[[], None]
) -> None:
    group = described_group(amazon, tmp_path, finish_jobs)
    predictor = amazon.predictor(group, status=None)
    finish_jobs()
    forecast = amazon.make_forecast(predictor, status=None)
    finish_jobs()

    of_north = [middle(amazon, forecast, item) for item in "12"]

    assert np.allclose(middle(amazon, forecast, "4"), np.mean(of_north, axis=0))


def is_unknown(amazon: Amazon, forecast: str, item: str) -> bool:
    query = amazon.forecastquery.query_forecast
    code, _ = refusal(query, ForecastArn=forecast, Filters={"item_id": item})
    return code == "ResourceNotFoundException"


def test_a_model_of_single_series_knows_no_new_item(
    amazon: Amazon, tmp_path: Path, finish_jobs: Callable[[], None]
) -> None:
    group = described_group(amazon, tmp_path, finish_jobs)
    request = {**legacy_request(group), "AlgorithmArn": "arn:aws:forecast:::algorithm/NPTS"}
    predictor = amazon.forecast.create_predictor(**request)["PredictorArn"]
    finish_jobs()
    forecast = amazon.make_forecast(predictor, status=None)
    finish_jobs()

    assert is_unknown(amazon, forecast, "4")


def test_a_store_of_the_service_itself_is_known_by_its_sales(
    amazon: Amazon, tmp_path: Path, finish_jobs: Callable[[], None]
) -> None:
    group = described_group(amazon, tmp_path, finish_jobs, amazon.settings.dataset_group)
    predictor = amazon.predictor(group, status=None)
    finish_jobs()
    forecast = amazon.make_forecast(predictor, status=None)
    finish_jobs()

    assert is_unknown(amazon, forecast, "4")
