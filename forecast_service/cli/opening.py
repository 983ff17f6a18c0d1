"""Opening the service for one command."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forecast_service.settings import read_settings

if TYPE_CHECKING:
    from forecast_service.service import Service

__all__ = ["opened"]


@contextlib.contextmanager
def opened(**overrides: Any) -> Iterator[Service]:
    """The service that FORECAST_* variables describe, its database migrated."""
    from forecast_service.service import open_service

    # A person reads this terminal: commands speak in sentences, logs only of what is wrong.
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger().setLevel(logging.WARNING)
    # A refused import is what the command itself ends with.
    logging.getLogger("forecast_service.importer").setLevel(logging.ERROR)
    service = open_service(read_settings(**overrides))
    try:
        service.database.migrate()
        yield service
    finally:
        service.close()
