"""The details of our own engine, from its catalog and its stored models."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from forecast_service.details import Change, WhatIfSeries
from forecast_service.errors import Busy, Conflict, Remedy
from forecast_service.local import catalog
from forecast_service.local.arns import arn_prefix
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.forecast_models import ServedModels, problem_of
from forecast_service.local.operations.undo import data_state, restore_data, undo
from forecast_service.local.resource_details import ForecastDetails
from forecast_service.local.what_if import what_if
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["LocalDetails"]

WHAT_IFS = 2  # per process: one is computed and one waits; two of four threads stay free


class LocalDetails:
    """The details of our own engine."""

    undoes_imports = True

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.home = settings.home
        self.prefix = arn_prefix(settings)
        self._models = ServedModels(settings.home)
        # A what-if computes in a web process. More at a time would take threads from the readers.
        self._computing = threading.Lock()
        self._places = threading.BoundedSemaphore(WHAT_IFS)

    def progress(self, arn: str) -> tuple[float, str] | None:
        resource = self._resource(arn)
        if resource is None or resource.progress is None:
            return None
        return resource.progress, resource.progress_note or ""

    def notes(self, arn: str) -> list[str]:
        forecast = self._resource(arn)
        return [] if forecast is None else list(ForecastDetails.of(forecast.details).notes or ())

    def predictor_problem(self, arn: str) -> str | None:
        predictor = self._resource(arn)
        return None if predictor is None else problem_of(self.home, predictor)

    def what_if(
        self, arn: str, keys: Sequence[str], changes: Sequence[Change]
    ) -> list[WhatIfSeries]:
        forecast = self._resource(arn)
        if forecast is None:
            raise Conflict(
                f"Forecast '{arn}' was not made by the engine of this installation, so it has no "
                "model for a what-if.",
                remedy=Remedy.TRAIN_BY_FORCE,
            )
        if not self._places.acquire(blocking=False):
            raise Busy("Other what-ifs are being computed. Ask again in a few seconds.")
        try:
            with self._computing:
                return what_if(forecast, self._models, keys, changes)
        finally:
            self._places.release()

    def data_state(self, connection: sa.Connection, group: str) -> dict[str, Any]:
        return data_state(connection, self.prefix, group)

    def restore_data(self, connection: sa.Connection, group: str, state: Mapping[str, Any]) -> None:
        restore_data(connection, self.prefix, group, state)

    def undo_import(self, connection: sa.Connection, group: str, job_name: str) -> None:
        undo(connection, self.prefix, group, job_name)

    def _resource(self, arn: str) -> Resource | None:
        with self.database.read() as connection:
            return catalog.get(connection, arn)
