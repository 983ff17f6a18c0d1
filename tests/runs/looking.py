"""Helpers: step a run by hand, count predictors."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.runs import KIND, TrainingRuns, steps
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.tables import resources


def step(runs: TrainingRuns, queue: Queue) -> None:
    """Do the next step of the run that is due first."""
    claim = queue.claim(new_id(), [KIND])
    assert claim is not None
    steps.RunStep(runs.session, runs.settings, queue, claim).go()


def predictors(database: Database) -> int:
    with database.read() as connection:
        statement = sa.select(sa.func.count()).where(resources.c.type == "predictor")
        return connection.execute(statement).scalar_one()
