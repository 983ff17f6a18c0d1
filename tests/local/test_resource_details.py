"""Details of resources: old rows can be read, and new rows have the same keys."""

from __future__ import annotations

import pytest

from forecast_service.local.resource_details import (
    ForecastDetails,
    ImportJobDetails,
    JobDetails,
    PredictorDetails,
    details_of,
)

IMPORT_JOB = {
    "started_at": 1.5,
    "version": 2,
    "data_size_gb": 0.25,
    "field_statistics": {"demand": {"Count": 3}},
}
PREDICTOR = {
    "started_at": 1.5,
    "snapshot": {"arn:dataset/sales": 1},
    "data_until": "2015-03-12",
    "notes": [],
    "is_auto": True,
    "keys": ["item_id", "location"],
    "accuracy": {"PredictorEvaluationResults": []},
    "executions": {"PredictorExecutions": []},
    "dataset_import_job_arns": ["arn:dataset-import-job/sales/first"],
    "models": ["models/a/000.npz", "models/a/memory.npz"],
    "algorithms": {"pooled": 3},
    "kept_from": "arn:predictor/before",
}
FORECAST = {
    "started_at": 1.5,
    "snapshot": {"arn:dataset/sales": 1},
    "data_until": "2015-03-12",
    "notes": ["Promotions are assumed to be 0."],
    "series": 3,
    "served": [{"path": "models/b/000.npz", "first": ["1"]}],
}


@pytest.mark.parametrize(
    ("word", "kind", "stored"),
    [
        ("dataset-import-job", ImportJobDetails, IMPORT_JOB),
        ("predictor", PredictorDetails, PREDICTOR),
        ("forecast", ForecastDetails, FORECAST),
    ],
)
def test_details_are_stored_again_unchanged(
    word: str, kind: type[JobDetails], stored: dict[str, object]
) -> None:
    details = details_of(word, stored)

    assert type(details) is kind
    assert details.stored() == stored


def test_an_unknown_value_has_no_key() -> None:
    assert ForecastDetails.of({}).stored() == {}
    assert PredictorDetails(is_auto=False).stored() == {"is_auto": False}


def test_a_key_of_another_version_is_ignored() -> None:
    assert ForecastDetails.of({"series": 3, "mood": "good"}) == ForecastDetails(series=3)
