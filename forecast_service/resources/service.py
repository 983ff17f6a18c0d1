"""What resources work with: one value, opened once per process."""

from __future__ import annotations

from dataclasses import dataclass

from forecast_service.importer import Imports
from forecast_service.reading import CurrentForecast, WhatIf
from forecast_service.runs import TrainingRuns
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["Service", "open_service"]


@dataclass(frozen=True)
class Service:
    """The parts of the service that requests use."""

    settings: Settings
    database: Database
    session: ForecastSession
    current: CurrentForecast
    what_if: WhatIf
    runs: TrainingRuns
    imports: Imports

    def close(self) -> None:
        """Close every connection to the database."""
        self.current.close()
        self.database.dispose()


def open_service(settings: Settings) -> Service:
    """Open the database, bring it to this version, and build everything on it."""
    database = Database(settings.resolved_database_url)
    database.migrate()
    session = open_session(settings, database)
    current = CurrentForecast(database, settings)
    return Service(
        settings=settings,
        database=database,
        session=session,
        current=current,
        what_if=WhatIf(database, settings, session, current),
        runs=TrainingRuns(database, settings, session),
        imports=Imports(database, settings, session),
    )
