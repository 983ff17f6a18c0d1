"""Watch: looks whether Amazon Forecast answers, and which predictor is its newest."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import sqlalchemy as sa

from forecast_service.amazon.amazon_state import (
    note_away,
    note_group,
    note_predictor,
    note_present,
    read_state,
)
from forecast_service.amazon.away import why_away
from forecast_service.amazon.made import find_group
from forecast_service.aws import translate_errors
from forecast_service.errors import ForecastServiceError
from forecast_service.runs import run_rows
from forecast_service.runs.run_rows import RunRequest
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.groups import DatasetGroup, lock_group, read_group
from forecast_service.trainer import Trainer

__all__ = ["Watch", "look"]

logger = logging.getLogger(__name__)

STOP_SECONDS = 1.0
BACK = "Amazon Forecast answers again, and the served forecast was made without it"


class Watch:
    """A thread that looks every ``FORECAST_POLL_SECONDS``; without Amazon it does nothing."""

    def __init__(self, session: ForecastSession, settings: Settings, database: Database) -> None:
        self.session = session
        self.settings = settings
        self.database = database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="amazon-watch", daemon=True)

    def __enter__(self) -> Watch:
        if self.session.remote is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)  # it may be waiting for an answer

    def _run(self) -> None:
        while True:
            try:
                look(self.session, self.settings, self.database)
            except Exception:  # the next look may succeed
                logger.exception("the look at Amazon failed", extra={"event": "watch_failed"})
            if self._stop.wait(self.settings.poll_seconds):
                return


def look(session: ForecastSession, settings: Settings, database: Database) -> None:
    """Look once, and record what was seen.

    If Amazon answers again after it was away, and our own engine made the served forecast, a
    training is requested.
    """
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
    remote = session.remote
    if group is None or remote is None:
        return
    try:
        seen = _group_there(session, remote, database, group)
        predictor = Trainer(remote, settings, seen).get_latest_predictor() if seen else None
    except ForecastServiceError as error:
        away = why_away(error)
        if away is not None:
            with database.write() as connection:
                note_away(connection, group.name, away)
        return
    with database.write() as connection:
        locked = lock_group(connection, group.name)
        if seen is not None:
            note_group(connection, group.name, seen.arn)
        note_predictor(connection, group.name, predictor)
        was_away = note_present(connection, group.name)
        if was_away and locked is not None and session.preferred is not None:
            _train_there(connection, locked)


def _group_there(
    session: ForecastSession, remote: ForecastSession, database: Database, group: DatasetGroup
) -> DatasetGroup | None:
    """The group as Amazon knows it; None if it does not exist there yet."""
    if session.is_remote:
        return group
    with database.read() as connection:
        arn = read_state(connection, group.name).group_arn
    if arn is None:
        with translate_errors():
            arn = find_group(remote.forecast, group.name)
    return None if arn is None else replace(group, arn=arn)


def _train_there(connection: sa.Connection, group: DatasetGroup) -> None:
    served = group.current_forecast_arn
    forecast = None if served is None else forecast_store.forecast_row(connection, served)
    if forecast is not None and forecast["ladder"] is not None:
        request = RunRequest(None, True, "amazon_back", BACK)
        run_rows.insert_or_join(connection, group, request, counts=False)
