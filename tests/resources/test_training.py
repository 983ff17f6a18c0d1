"""/training: runs that are started, joined, not worthwhile, followed, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from forecast_service.local import catalog
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.resources.contract.answers import TrainingDecision, TrainingRun, TrainingRuns
from forecast_service.storage.database import Database

from .conftest import Refusal
from .rows import GROUP, PREDICTOR, import_group

REQUEST = {"store_number": 1}


@pytest.fixture
def imported(three_stores: Database) -> Database:
    """Three stores with a forecast, in a dataset group that is in the catalog."""
    with three_stores.write() as connection:
        catalog.insert(
            connection,
            arn=f"arn:aws:forecast:eu-west-1:000000000000:dataset-group/{GROUP}",
            type="dataset-group",
            name=GROUP,
            status="ACTIVE",
            request={"DatasetGroupName": GROUP, "Domain": "RETAIL", "DatasetArns": []},
        )
    return three_stores


@pytest.fixture
def trained(imported: Database) -> Database:
    """The same with a new ACTIVE predictor, which made the current forecast."""
    with imported.write() as connection:
        catalog.insert(
            connection,
            arn=PREDICTOR,
            type="predictor",
            name="first",
            status="ACTIVE",
            parent_arn=f"arn:aws:forecast:eu-west-1:000000000000:dataset-group/{GROUP}",
            dataset_group_arn=f"arn:aws:forecast:eu-west-1:000000000000:dataset-group/{GROUP}",
            request={"PredictorName": "first"},
            details=PredictorDetails(is_auto=True),
        )
    return imported


@pytest.mark.usefixtures("imported")
class TestOutsideTheTolerance:
    def test_a_run_is_started(self, client: FlaskClient) -> None:
        response = client.post("/training", json=REQUEST)

        answer = response.get_json()
        TrainingDecision.model_validate(answer)
        assert response.status_code == 202
        assert (answer["started"], answer["joined"], answer["rule"]) == (
            True,
            False,
            "no_predictor",
        )
        assert response.headers["Location"] == f"/training/{answer['run']['id']}"
        assert response.headers["Retry-After"] == "5"

    def test_a_later_request_joins_it(self, client: FlaskClient) -> None:
        first = client.post("/training", json=REQUEST)
        second = client.post("/v1/training", json={"store_number": "2"})

        assert second.status_code == 202
        assert second.get_json()["joined"] is True
        assert second.headers["Location"] == first.headers["Location"]

    def test_a_run_can_be_followed(self, client: FlaskClient) -> None:
        location = client.post("/training", json=REQUEST).headers["Location"]

        run = client.get(location).get_json()

        TrainingRun.model_validate(run)
        assert (run["state"], run["stages"]) == ("waiting", ["training", "forecasting"])
        runs = client.get("/training?limit=1").get_json()
        TrainingRuns.model_validate(runs)
        assert runs["runs"][0]["id"] == run["id"]

    def test_a_run_can_be_cancelled_once(self, client: FlaskClient, refusal: Refusal) -> None:
        location = client.post("/training", json=REQUEST).headers["Location"]

        assert client.delete(location).get_json()["state"] == "cancelled"
        assert "cancelled" in refusal("DELETE", location, 409)["detail"]


@pytest.mark.usefixtures("trained")
class TestWithinTheTolerance:
    def test_nothing_is_started_and_the_numbers_say_why(self, client: FlaskClient) -> None:
        response = client.post("/training", json=REQUEST)

        answer = response.get_json()
        TrainingDecision.model_validate(answer)
        assert response.status_code == 200
        assert answer["message"].startswith("training of a new predictor not started: ")
        assert (answer["started"], answer["run"]) == (False, None)
        assert answer["predictor"]["PredictorArn"] == PREDICTOR
        assert 0 <= answer["age_days"] < answer["tolerance_days"] == 2.0
        assert client.get("/training").get_json() == {"runs": []}

    def test_force_trains_regardless(self, client: FlaskClient) -> None:
        answer = client.post("/training", json={**REQUEST, "force": True})

        assert answer.status_code == 202
        assert answer.get_json()["run"]["forced"] is True

    @pytest.mark.parametrize(
        "date",
        ["2015-08-01T09:00:00", "2015-08-01T09:00:00-03:00", "1970-01-01T00:00:00+14:00"],
    )
    def test_an_earlier_request_date_counts_as_age_zero(
        self, client: FlaskClient, date: str
    ) -> None:
        body = {**REQUEST, "train_request_date": date}

        assert client.post("/training", json=body).get_json()["age_days"] == 0

    def test_newer_data_start_a_run_that_only_forecasts(
        self, client: FlaskClient, trained: Database
    ) -> None:
        with trained.write() as connection:
            import_group(connection)

        response = client.post("/training", json=REQUEST)

        assert response.status_code == 202
        assert response.get_json()["run"]["stages"] == ["forecasting"]


@pytest.mark.usefixtures("imported")
class TestRefusals:
    def test_a_date_far_in_the_future(self, refusal: Refusal) -> None:
        ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")

        body = {**REQUEST, "train_request_date": ahead}

        assert "in the future" in refusal("POST", "/training", 422, json=body)["detail"]

    def test_an_unknown_store(self, refusal: Refusal) -> None:
        problem = refusal("POST", "/training", 404, json={"store_number": 999})

        assert problem["type"] == "urn:forecast-service:unknown-store"

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/store_number"),
            ({**REQUEST, "force": "yes"}, "/force"),
            ({**REQUEST, "force": 1}, "/force"),
            ({**REQUEST, "train_request_date": "today"}, "/train_request_date"),
            ({**REQUEST, "train_request_date": "0001-01-01T00:00:00+14:00"}, "/train_request_date"),
            ({**REQUEST, "store": 1}, "/store"),
        ],
    )
    def test_a_body_that_is_not_allowed(
        self, rejection: Refusal, body: dict[str, Any], pointer: str
    ) -> None:
        problem = rejection("POST", "/training", 422, json=body)

        assert problem["errors"][0]["pointer"] == pointer

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_an_unknown_run(self, refusal: Refusal, method: str) -> None:
        problem = refusal(method, "/training/nope", 404)

        assert problem["detail"] == (
            "Training run 'nope' does not exist. GET /training lists the training runs."
        )


def test_before_the_first_import_there_is_nothing_to_train(refusal: Refusal) -> None:
    problem = refusal("POST", "/training", 404, json=REQUEST)

    assert "No sales were imported yet" in problem["detail"]
