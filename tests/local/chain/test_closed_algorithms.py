"""Deep networks of Amazon, for which our best model is trained if the operator wants so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from forecast_service.settings import Settings

from ..amazon import Amazon, legacy_request, refusal
from .conftest import finish

DEEP = "arn:aws:forecast:::algorithm/Deep_AR_Plus"


@pytest.fixture
def settings(tmp_path: Path, trained_home: Path, database_url: str) -> Settings:
    """Settings with which deep networks are not refused."""
    shutil.copytree(trained_home, tmp_path / "home")
    return Settings(
        home=tmp_path / "home",
        database_url=database_url,
        processes=1,
        closed_algorithms="substitute",
    )


@pytest.fixture
def deep_request(amazon: Amazon) -> dict[str, Any]:
    group = amazon.forecast.list_dataset_groups()["DatasetGroups"][0]["DatasetGroupArn"]
    return {**legacy_request(group), "AlgorithmArn": DEEP}


def test_our_best_model_is_trained_under_the_name(
    amazon: Amazon, deep_request: dict[str, Any]
) -> None:
    arn = amazon.forecast.create_predictor(
        **deep_request, TrainingParameters={"epochs": "10"}, PerformHPO=True
    )["PredictorArn"]
    finish(amazon)

    described = amazon.forecast.describe_predictor(PredictorArn=arn)

    assert (described["Status"], described["AlgorithmArn"]) == ("ACTIVE", DEEP)
    assert described["Message"].startswith(
        "Deep_AR_Plus is a deep network of Amazon, which this local Amazon Forecast cannot train. "
        "It trains its best model under this name instead"
    )
    parameters = described["TrainingParameters"]
    assert (parameters["epochs"], parameters["context_length"]) == ("10", "14")
    (result,) = amazon.forecast.get_accuracy_metrics(PredictorArn=arn)["PredictorEvaluationResults"]
    assert result["AlgorithmArn"] == DEEP
    forecast = amazon.make_forecast(arn, "deep", status=None)
    finish(amazon)
    answer = amazon.forecastquery.query_forecast(ForecastArn=forecast, Filters={"item_id": "1"})
    assert len(answer["Forecast"]["Predictions"]["p90"]) == 7


def test_an_unknown_training_parameter_is_refused(
    amazon: Amazon, deep_request: dict[str, Any]
) -> None:
    code, message = refusal(
        amazon.forecast.create_predictor, **deep_request, TrainingParameters={"layers": "3"}
    )

    assert code == "InvalidInputException"
    assert message.startswith("'layers' is not a training parameter of Deep_AR_Plus.")
