"""Scenarios: named what-ifs that colleagues can open; each is computed when it is read."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from forecast_service.accounts.audit import record
from forecast_service.common.instants import utc_text
from forecast_service.common.wording.coded import say
from forecast_service.errors import (
    Conflict,
    InvalidRequest,
    NoForecast,
    NotFound,
    NotOffered,
    OutsideHorizon,
    Remedy,
    UnknownItem,
)
from forecast_service.reading.questions import Question
from forecast_service.reading.what_if import Supposition, WhatIf
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.groups import read_group
from forecast_service.storage.limits import Limits
from forecast_service.storage.planning import scenario_rows
from forecast_service.storage.planning.scenario_rows import Scenario
from forecast_service.storage.queue import new_id

__all__ = ["NewScenario", "Scenario", "Scenarios"]

MOST_OF_A_STORE = 200
NOT_COMPUTED = (Conflict, InvalidRequest, NoForecast, NotOffered, OutsideHorizon, UnknownItem)

Document = dict[str, Any]


@dataclass(frozen=True)
class NewScenario:
    """A scenario as somebody wants to save it."""

    name: str
    store: int | str
    item: str | None
    note: str | None
    suppositions: Sequence[Supposition]
    made_by: str


class Scenarios:
    """Saves, lists, computes and deletes the scenarios of the configured dataset group."""

    def __init__(self, database: Database, settings: Settings, what_if: WhatIf) -> None:
        self.database = database
        self.settings = settings
        self.what_if = what_if

    def save(self, new: NewScenario, limits: Limits) -> tuple[Scenario, Document]:
        """Compute the scenario, then keep it; return both.

        Raises
        ------
        Conflict
            The store has too many scenarios, or the forecast has no model.
        NoForecast, UnknownStore, UnknownItem, OutsideHorizon, InvalidRequest, NotOffered, Busy
            As for a what-if.
        """
        result = self._what_if(new.store, new.item, new.suppositions, limits)
        group = self.settings.dataset_group
        scenario = Scenario(
            id=new_id(),
            dataset_group=group,
            store=str(new.store),
            item=new.item,
            name=new.name,
            note=new.note,
            changes=[supposition.document() for supposition in new.suppositions],
            forecast_arn=result["provenance"]["forecast"],
            total=result["total"],
            made_by=new.made_by,
            created_at=0.0,
        )
        with self.database.write() as connection:
            if scenario_rows.count_of(connection, group, scenario.store) >= MOST_OF_A_STORE:
                raise Conflict(
                    f"Store '{scenario.store}' has {MOST_OF_A_STORE} scenarios already, and may "
                    "not have more. Delete one first."
                )
            scenario_rows.insert(connection, scenario)
            record(connection, "scenario_saved", scenario.id, name=scenario.name)
        return self.get(scenario.id, limits), result

    def list(
        self, limits: Limits, *, store: str | None, item: str | None, limit: int
    ) -> builtins.list[Scenario]:
        """The newest scenarios that a caller with these limits may see, newest first."""
        with self.database.read() as connection:
            return scenario_rows.read_all(
                connection, self.settings.dataset_group, limits, store=store, item=item, limit=limit
            )

    def get(self, scenario_id: str, limits: Limits) -> Scenario:
        """The scenario with this id.

        Raises
        ------
        NotFound
            There is none, or its store is outside the limits.
        """
        with self.database.read() as connection:
            name = self.settings.dataset_group
            found = scenario_rows.read(connection, name, scenario_id, limits)
        if found is None:
            raise NotFound(
                f"Scenario '{scenario_id}' does not exist. Scenarios are kept for "
                f"{scenario_rows.KEPT_DAYS} days.",
                remedy=Remedy.LIST_SCENARIOS,
            )
        return found

    def delete(self, scenario: Scenario) -> None:
        """Delete a scenario."""
        with self.database.write() as connection:
            scenario_rows.delete(connection, scenario.id)
            record(connection, "scenario_deleted", scenario.id, name=scenario.name)

    def computed(self, scenario: Scenario, number: int | str, limits: Limits) -> Document:
        """``result`` against the current forecast, with ``moved_on`` and ``problem``.

        ``moved_on`` says that the forecast is another one than when the scenario was saved;
        ``problem``, why it cannot be computed any more.
        """
        try:
            inside = self._within_horizon(scenario)
            result = self._what_if(number, scenario.item, inside, limits)
        except NOT_COMPUTED as error:
            return {"result": None, "moved_on": self._moved_on(scenario), "problem": str(error)}
        if len(inside) < len(scenario.changes):
            result["notes"].append(say("scenario_days_passed"))
        return {"result": result, "moved_on": self._moved_on(scenario), "problem": None}

    def _what_if(
        self,
        store: int | str,
        item: str | None,
        suppositions: Sequence[Supposition],
        limits: Limits,
    ) -> Document:
        items = () if item is None else (item,)
        question = Question(stores=(store,), items=items)
        return self.what_if.documents(question, suppositions, limits)[0]

    def _within_horizon(self, scenario: Scenario) -> builtins.list[Supposition]:
        """The changes on days of the current forecast."""
        changes = [
            Supposition(each["covariate"], each["value"], each["from"], each["to"])
            for each in scenario.changes
        ]
        with self.database.read() as connection:
            group = read_group(connection, scenario.dataset_group)
            arn = None if group is None else group.current_forecast_arn
            days = None if arn is None else forecast_store.days_of(connection, arn)
        if days is None:
            raise NoForecast("There is no forecast yet.", remedy=Remedy.TRAIN)
        first, last = days
        inside = [
            replace(each, first=max(each.first, first), last=min(each.last, last))
            for each in changes
            if each.first <= last and each.last >= first
        ]
        if not inside:
            raise OutsideHorizon(
                f"All days of the scenario have passed: the forecast goes from {first} to {last}."
            )
        return inside

    def _moved_on(self, scenario: Scenario) -> str | None:
        with self.database.read() as connection:
            group = read_group(connection, scenario.dataset_group)
            arn = None if group is None else group.current_forecast_arn
            row = None if arn is None else forecast_store.forecast_row(connection, arn)
        if row is None or arn == scenario.forecast_arn:
            return None
        return (
            "The forecast has moved on since the scenario was saved. The scenario is compared with "
            f"that of {utc_text(row['created_at'])}, with sales until {row['data_until']}."
        )
