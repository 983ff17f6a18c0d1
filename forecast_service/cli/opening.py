"""Open the service for one command."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forecast_service.settings import read_settings

if TYPE_CHECKING:
    from forecast_service.service import Service

__all__ = ["open_for_command"]


@contextlib.contextmanager
def open_for_command(**overrides: Any) -> Iterator[Service]:
    """Open the service of the FORECAST_* variables, and migrate its database."""
    from forecast_service.service import open_service

    # A person reads this terminal: commands print sentences, so only warnings are logged.
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger().setLevel(logging.WARNING)
    # The command prints the refusal of an import itself.
    logging.getLogger("forecast_service.importer").setLevel(logging.ERROR)
    service = open_service(read_settings(**overrides))
    try:
        service.prepare()
        yield service
    finally:
        service.close()
