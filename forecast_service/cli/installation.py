"""Opening an installation for one command: settings, database, and what is built on them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forecast_service.settings import Settings, read_settings

if TYPE_CHECKING:
    from forecast_service.importer.imports import Imports
    from forecast_service.reading import CurrentForecast, WhatIf
    from forecast_service.runs import TrainingRuns
    from forecast_service.session import ForecastSession
    from forecast_service.storage.database import Database

__all__ = ["Installation", "opened"]


@dataclass
class Installation:
    """The parts that commands use; each is made, and its libraries imported, at first use."""

    settings: Settings
    database: Database

    @cached_property
    def session(self) -> ForecastSession:
        from forecast_service.session import open_session

        return open_session(self.settings, self.database)

    @cached_property
    def runs(self) -> TrainingRuns:
        from forecast_service.runs import TrainingRuns

        return TrainingRuns(self.database, self.settings, self.session)

    @cached_property
    def imports(self) -> Imports:
        from forecast_service.importer.imports import Imports

        return Imports(
            self.database,
            self.settings,
            self.session,
            after_import=lambda connection: self.runs.refresh(connection),
        )

    @cached_property
    def current(self) -> CurrentForecast:
        from forecast_service.reading import CurrentForecast

        return CurrentForecast(self.database, self.settings)

    @cached_property
    def what_if(self) -> WhatIf:
        from forecast_service.reading import WhatIf

        return WhatIf(self.database, self.settings, self.session, self.current)


@contextlib.contextmanager
def opened(**overrides: Any) -> Iterator[Installation]:
    """The installation that FORECAST_* variables describe, its database migrated."""
    from forecast_service.storage.database import Database

    # A person reads this terminal: commands speak in sentences, logs only of what is wrong.
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger().setLevel(logging.WARNING)
    # A refused import is what the command itself ends with.
    logging.getLogger("forecast_service.importer").setLevel(logging.ERROR)
    settings = read_settings(**overrides)
    database = Database(settings.resolved_database_url)
    try:
        database.migrate()
        yield Installation(settings, database)
    finally:
        database.dispose()
