"""The details: the small port beside Amazon's API, for what that API cannot say.

``aws.NoDetails`` and ``local.details.LocalDetails`` stand behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from forecast_service.storage.forecast_store import StoredForecast

__all__ = ["Change", "Details", "Supposed"]


@dataclass(frozen=True)
class Change:
    """A covariate at one value on some days; both are ISO dates and belong to them."""

    covariate: str
    value: float
    first: str
    last: str
    place: int = 0
    """Which change of the request it comes from, counted from 0; errors point there."""


@dataclass(frozen=True)
class Supposed:
    """One series as it would be, and as the same model sees it without the changes."""

    changed: StoredForecast
    baseline: StoredForecast
    notes: tuple[str, ...]


class Details(Protocol):
    """What Amazon's API cannot say."""

    undoes_imports: bool
    """Whether ``undo_import`` takes rows out again."""

    def progress(self, arn: str) -> tuple[float, str] | None:
        """Finished share (0 to 1) and a few words, or None when nobody knows."""

    def notes(self, arn: str) -> list[str]:
        """Sentences about what had to be assumed for a forecast."""

    def what_if(self, arn: str, keys: Sequence[str], changes: Sequence[Change]) -> list[Supposed]:
        """Series of a forecast with other covariates, unsaved; see ``local.what_if``.

        Raises
        ------
        NotOffered
            The backend cannot do this.
        Busy
            One what-if is being computed and another one waits.
        """

    def undo_import(self, connection: sa.Connection, group: str, job_name: str) -> None:
        """Take out what import jobs of this name loaded, and end those that still run.

        ``group`` is the name of their dataset group. To undo twice changes nothing.
        """
