"""``/training``: request a training, follow its run, cancel it."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_NAMES,
    OF_QUERIES,
    OF_STATES,
    OF_STORES,
)
from forecast_service.resources.contract.requests import ListQuery, TrainingBody
from forecast_service.resources.parsing import checked_name, json_body, read_query
from forecast_service.runs.decisions import Decision
from forecast_service.runs.run import TrainingRun

__all__ = ["TrainingResource", "TrainingRunResource", "run_document"]

logger = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "5"}  # seconds; a local training takes seconds, on AWS hours
NOTHING_TO_DO = {
    "message": "training of a new predictor not started: predictor 'store_demand_20260831' is "
    "2 days old, which is within the tolerance of 7 days",
    "started": False,
    "rule": "within_tolerance",
    "age_days": 2.1,
    "newer_days_of_sales": 0,
    "run": None,
}
TIMES = ("requested_at", "started_at", "finished_at", "expected_at")


class TrainingResource(ServiceResource):
    """Training runs and requests for them."""

    @documented(
        "Train a new predictor if it is worthwhile",
        scope="train",
        body=TrainingBody,
        answers={200: "TrainingDecision", 202: "TrainingDecision"},
        errors=(*OF_BODIES, *OF_STORES, *OF_STATES),
        examples={
            "If it is worthwhile": {"store_number": 1},
            "In any case": {"store_number": 1, "force": True},
        },
        answer_examples={200: NOTHING_TO_DO},
    )
    def post(self) -> Response:
        """200 if no training is needed; 202 with the run that was started or joined."""
        body = json_body(request, TrainingBody)
        sent = body.train_request_date
        at = None if sent is None else datetime.fromisoformat(sent)
        decision = self.service.runs.request(str(body.store_number), at, force=body.force)
        if body.force:
            logger.warning("Training forced", extra={"event": "training_forced"})
        document = _decision_document(decision, body.store_number)
        if decision.run is None:
            return json_response(document)
        return json_response(document, 202, {"Location": _location(decision.run), **RETRY_AFTER})

    @documented(
        "The latest training runs",
        scope="read",
        query=ListQuery,
        answers={200: "TrainingRuns"},
        errors=OF_QUERIES,
    )
    def get(self) -> Response:
        """The training runs, newest first."""
        limit = read_query(request, ListQuery).limit
        return json_response({"runs": [run_document(run) for run in self.service.runs.list(limit)]})


class TrainingRunResource(ServiceResource):
    """One training run."""

    @documented(
        "State and progress of a training run",
        scope="read",
        answers={200: "TrainingRun"},
        errors=OF_NAMES,
    )
    def get(self, run_id: str) -> Response:
        """The run, with ``Retry-After`` until it has ended."""
        run = self.service.runs.get(checked_name(run_id, "run_id"))
        return json_response(run_document(run), headers=RETRY_AFTER if run.is_open else None)

    @documented(
        "Cancel a training run",
        scope="train",
        answers={200: "TrainingRun"},
        errors=(*OF_NAMES, *OF_STATES),
    )
    def delete(self, run_id: str) -> Response:
        """Cancel the run: its state is ``cancelled``, and the computation stops soon."""
        return json_response(run_document(self.service.runs.cancel(checked_name(run_id, "run_id"))))


def run_document(run: TrainingRun) -> dict[str, Any]:
    """The JSON of a training run; times in UTC."""
    document = asdict(run)
    del document["collected_until"]
    document["stages"] = ["training", "forecasting"] if run.trains else ["forecasting"]
    document["error"] = run.message if run.state == "failed" else None
    for name in TIMES:
        document[name] = utc_text(document[name])
    return document


def _decision_document(decision: Decision, store_number: int | str) -> dict[str, Any]:
    return {
        "store_number": store_number,
        "message": _message(decision),
        "started": decision.started,
        "joined": decision.joined,
        "rule": decision.rule,
        "age_days": decision.age_days,
        "tolerance_days": decision.tolerance_days,
        "trained_at": decision.trained_at,
        "newer_days_of_sales": decision.newer_days_of_sales,
        "predictor": decision.predictor,
        "run": None if decision.run is None else run_document(decision.run),
    }


def _message(decision: Decision) -> str:
    if decision.run is None:
        return decision.detail
    what = "training of a new predictor" if decision.run.trains else "a new forecast"
    return f"{what} {'joined' if decision.joined else 'started'}: {decision.detail}"


def _location(run: TrainingRun) -> str:
    return f"/training/{run.id}"
