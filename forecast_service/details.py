"""The details: a small port for what Amazon's API does not offer.

``aws.NoDetails`` and ``local.details.LocalDetails`` implement it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from forecast_service.storage.stored_forecast import StoredForecast

__all__ = ["Change", "Details", "WhatIfSeries"]


@dataclass(frozen=True)
class Change:
    """One value of a covariate on the days ``first`` to ``last``: ISO dates, both included."""

    covariate: str
    value: float
    first: str
    last: str
    place: int = 0
    """Position of the change in the request, from 0; errors point to it."""


@dataclass(frozen=True)
class WhatIfSeries:
    """The forecast of one series with the changes, and by the same model without them."""

    changed: StoredForecast
    baseline: StoredForecast
    notes: tuple[str, ...]


class Details(Protocol):
    """What Amazon's API does not offer."""

    undoes_imports: bool
    """Whether ``undo_import`` can remove rows."""

    def progress(self, arn: str) -> tuple[float, str] | None:
        """Finished share (0 to 1) and a few words about the step, or None if not known."""

    def notes(self, arn: str) -> list[str]:
        """Sentences about the assumptions of a forecast."""

    def predictor_problem(self, arn: str) -> str | None:
        """Why an ACTIVE predictor cannot be used, in a few words; None if it can."""

    def what_if(
        self, arn: str, keys: Sequence[str], changes: Sequence[Change]
    ) -> list[WhatIfSeries]:
        """Series of a forecast with other covariates; nothing is stored. See ``local.what_if``.

        Raises
        ------
        NotOffered
            The backend cannot do this.
        Busy
            One what-if is being computed and another one is waiting.
        """

    def data_state(self, connection: sa.Connection, group: str) -> dict[str, Any] | None:
        """The present rows of a dataset group, as JSON; None if they cannot be restored."""

    def restore_data(self, connection: sa.Connection, group: str, state: Mapping[str, Any]) -> None:
        """Come back to the rows of a ``data_state``; datasets that are newer are deleted."""

    def undo_import(self, connection: sa.Connection, group: str, job_name: str) -> None:
        """Remove the rows that import jobs of this name loaded, and end jobs that still run.

        ``group`` is the name of their dataset group. A second call changes nothing.
        """
