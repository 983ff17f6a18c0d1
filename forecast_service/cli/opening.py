"""Open the service for one command."""

from __future__ import annotations

import contextlib
import getpass
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forecast_service.settings import read_settings

if TYPE_CHECKING:
    from forecast_service.service import Service

__all__ = ["open_for_command"]


@contextlib.contextmanager
def open_for_command(**overrides: Any) -> Iterator[Service]:
    """Open the service of the FORECAST_* variables, and migrate its database."""
    from forecast_service.accounts.actor import Actor, acting_as
    from forecast_service.service import open_service

    # A person reads this terminal: commands print sentences, so only warnings are logged.
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger().setLevel(logging.WARNING)
    # The command prints the refusal of an import itself.
    logging.getLogger("forecast_service.importer").setLevel(logging.ERROR)
    service = open_service(read_settings(**overrides))
    try:
        service.prepare()
        with acting_as(Actor("command", _user_of_system())):
            yield service
    finally:
        service.close()


def _user_of_system() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return str(os.getuid())
