"""``/training``: request a training, follow its run, cancel it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.errors import NotAllowed, Remedy
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
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, checked_name, json_body, read_query
from forecast_service.resources.told import told
from forecast_service.runs.decisions import Decision
from forecast_service.runs.run import TrainingRun
from forecast_service.storage.stores import stores_within

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
HIDDEN_ERROR = "The run failed. An administrator can see why."
HIDDEN_DETAIL = "the run was asked for another store"
TIMES = ("requested_at", "started_at", "finished_at", "expected_at")


class OfRuns(ServiceResource):
    """What the resources of training runs share."""

    def _documents(self, runs: Sequence[TrainingRun]) -> list[dict[str, Any]]:
        """The JSON of runs, without what names stores that the caller may not see."""
        limits = caller().limits
        if limits.are_none:
            return [told(run_document(run)) for run in runs]
        with self.service.database.read() as connection:
            visible = stores_within(connection, self.service.settings.dataset_group, limits)
        return [told(within_limits(run_document(run), visible)) for run in runs]


class TrainingResource(OfRuns):
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
        if body.force:
            caller().require("force")
        sent = body.train_request_date
        at = None if sent is None else datetime.fromisoformat(sent)
        decision = self.service.runs.request(
            str(body.store_number),
            at,
            force=body.force,
            limits=caller().limits,
            requested_by=caller().name,
        )
        if body.force:
            logger.warning("Training forced", extra={"event": "training_forced"})
        run = None if decision.run is None else self._documents([decision.run])[0]
        document = {**_decision_document(decision, body.store_number), "run": run}
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
        return json_response({"runs": self._documents(self.service.runs.list(limit))})


class TrainingRunResource(OfRuns):
    """One training run."""

    @documented(
        "State and progress of a training run",
        scope="read",
        headers=("Retry-After",),
        answers={200: "TrainingRun"},
        errors=OF_NAMES,
    )
    def get(self, run_id: str) -> Response:
        """The run, with ``Retry-After`` until it has ended."""
        run = self.service.runs.get(checked_name(run_id, "run_id"))
        document = {**self._documents([run])[0], "changes": self._changes(run)}
        return json_response(document, headers=RETRY_AFTER if run.is_open else None)

    def _changes(self, run: TrainingRun) -> dict[str, Any] | None:
        """What the forecast of a run changed in the coming week, for the caller's stores."""
        if run.state != "serving" or run.forecast_arn is None:
            return None
        pair = self.service.forecasts.pair_of(run.forecast_arn)
        if pair is None:
            return None
        changes = self.service.comparisons.changes(*pair, caller().limits)
        if changes is None:
            return None
        stores = [
            {"store_number": as_number(each.pop("store")), **each} for each in changes["stores"]
        ]
        return {"against": pair[0].id, **changes, "stores": stores}

    @documented(
        "Cancel a training run",
        scope="train",
        answers={200: "TrainingRun"},
        errors=(*OF_NAMES, *OF_STATES),
    )
    def delete(self, run_id: str) -> Response:
        """Cancel the run: its state is ``cancelled``, and the computation stops soon."""
        name = checked_name(run_id, "run_id")
        if self.service.runs.get(name).requested_by != caller().name:
            _refuse_others(name)
        return json_response(self._documents([self.service.runs.cancel(name)])[0])


def _refuse_others(run_id: str) -> None:
    """Refuse a caller who neither asked for a run nor is an administrator."""
    if not caller().may("admin"):
        raise NotAllowed(
            f"'{caller().name}' did not ask for training run '{run_id}'. Who asked for it and "
            "administrators may cancel it.",
            remedy=Remedy.ASK_ADMIN,
        )


def run_document(run: TrainingRun) -> dict[str, Any]:
    """The JSON of a training run; times in UTC."""
    document = asdict(run)
    del document["collected_until"]
    del document["away_since"]
    step, why = document.pop("step"), document["ladder"] or {}
    reason, detail = why.get("reason"), why.get("detail")
    document["ladder"] = step and {"step": step, "reason": reason, "detail": detail}
    document["stages"] = ["training", "forecasting"] if run.trains else ["forecasting"]
    document["error"] = run.message if run.state == "failed" else None
    for name in TIMES:
        document[name] = utc_text(document[name])
    return document


def within_limits(document: dict[str, Any], visible: Collection[str]) -> dict[str, Any]:
    """The JSON of a run for a caller who may see only these stores.

    Sentences about a run may name the store that it was asked for, or others when it has ended.
    """
    store = document["store"]
    hidden: dict[str, Any] = {}
    if document["finished_at"] is not None:
        hidden |= {"message": None, "error": document["error"] and HIDDEN_ERROR}
        hidden |= {"ladder": document["ladder"] and {**document["ladder"], "detail": None}}
    if store is not None and store not in visible:
        hidden |= {"store": None, "detail": HIDDEN_DETAIL}
    return {**document, **hidden}


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
    }


def _message(decision: Decision) -> str:
    if decision.run is None:
        return decision.detail
    what = "training of a new predictor" if decision.run.trains else "a new forecast"
    return f"{what} {'joined' if decision.joined else 'started'}: {decision.detail}"


def _location(run: TrainingRun) -> str:
    return f"/training/{run.id}"
