"""``/scenarios``: named what-ifs that are kept for a month, for colleagues."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forecast_service.common.instants import utc_text
from forecast_service.errors import DamagedData, NotAllowed
from forecast_service.reading import Supposition
from forecast_service.reading.scenarios import NewScenario, Scenario
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.planning.planning_requests import (
    ScenarioBody,
    ScenariosQuery,
)
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_NAMES,
    OF_QUERIES,
    OF_WHAT_IFS,
)
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import as_number, checked_name, json_body, read_query
from forecast_service.resources.tables.forecasts import rounded
from forecast_service.resources.told import told

__all__ = ["ScenarioResource", "ScenariosResource"]

PROMOTION = {
    "store_number": 1,
    "changes": [{"covariate": "promo", "value": 1, "from": "2026-09-05", "to": "2026-09-06"}],
}


class ScenariosResource(ServiceResource):
    """The scenarios that are kept."""

    @documented(
        "The scenarios of a store, or of all stores, newest first",
        query=ScenariosQuery,
        answers={200: "Scenarios"},
        errors=OF_QUERIES,
        scope="read",
    )
    def get(self) -> Response:
        """The scenarios as they were saved; nothing is computed."""
        query = read_query(request, ScenariosQuery)
        found = self.service.scenarios.list(
            caller().limits, store=query.store_number, item=query.item, limit=query.limit
        )
        return json_response({"scenarios": [_summary(scenario) for scenario in found]})

    @documented(
        "Save a what-if under a name, for 30 days",
        body=ScenarioBody,
        answers={201: "Scenario"},
        errors=(*OF_BODIES, *OF_WHAT_IFS),
        examples={"A promotion on a weekend": {"name": "Autumn sale", **PROMOTION}},
        scope="train",
    )
    def post(self) -> Response:
        """Compute the what-if, and keep it if that is possible."""
        body = json_body(request, ScenarioBody)
        suppositions = [
            Supposition(row.covariate, row.value, row.first, row.last or row.first)
            for row in body.changes
        ]
        new = NewScenario(
            body.name, body.store_number, body.item, body.note, suppositions, caller().name
        )
        scenario, result = self.service.scenarios.save(new, caller().limits)
        document = {**_summary(scenario), "result": rounded(result)}
        document |= {"moved_on": None, "problem": None}
        return json_response(told(document), 201, {"Location": f"/scenarios/{scenario.id}"})


class ScenarioResource(ServiceResource):
    """One scenario."""

    @documented(
        "A scenario, computed against the current forecast",
        answers={200: "Scenario"},
        errors=(*OF_NAMES, DamagedData),
        scope="read",
    )
    def get(self, scenario_id: str) -> Response:
        """The scenario with its result; if it cannot be computed any more, with the reason."""
        limits = caller().limits
        scenario = self.service.scenarios.get(checked_name(scenario_id, "scenario_id"), limits)
        computed = self.service.scenarios.computed(scenario, as_number(scenario.store), limits)
        if computed["result"] is not None:
            computed["result"] = rounded(computed["result"])
        return json_response(told({**_summary(scenario), **computed}))

    @documented(
        "Delete a scenario: whoever made it, or an administrator",
        answers={200: "ScenarioSummary"},
        errors=OF_NAMES,
        scope="train",
    )
    def delete(self, scenario_id: str) -> Response:
        """Delete the scenario, and return what it was."""
        limits = caller().limits
        scenario = self.service.scenarios.get(checked_name(scenario_id, "scenario_id"), limits)
        if scenario.made_by != caller().name and not caller().may("admin"):
            raise NotAllowed(
                f"Scenario '{scenario.name}' was made by '{scenario.made_by}'. Only who made it, "
                "or an administrator, may delete it."
            )
        self.service.scenarios.delete(scenario)
        return json_response(_summary(scenario))


def _summary(scenario: Scenario) -> dict[str, Any]:
    return {
        "id": scenario.id,
        "name": scenario.name,
        "store_number": as_number(scenario.store),
        "item": scenario.item,
        "note": scenario.note,
        "changes": scenario.changes,
        "forecast": scenario.forecast_arn,
        "total": scenario.total,
        "made_by": scenario.made_by,
        "created_at": utc_text(scenario.created_at),
        "expires_at": utc_text(scenario.expires_at),
    }
