"""KeptForecasts: lists the forecasts that can be served, and serves an earlier one again."""

from __future__ import annotations

import builtins
import logging
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.accounts.audit import record
from forecast_service.errors import NotFound, Remedy
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import (
    lock_group,
    move_pointer,
    raise_runs_version,
    served_forecasts,
)
from forecast_service.storage.tables import forecast_values, forecasts

__all__ = ["KeptForecast", "KeptForecasts"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptForecast:
    """A forecast that can be served, now or again; times are epoch seconds."""

    forecast_arn: str
    predictor_arn: str
    source: str
    algorithm: str
    trained_at: float
    created_at: float
    data_until: str
    """Day of the newest sales in the forecast."""
    run_id: str | None
    is_current: bool

    @property
    def id(self) -> str:
        """The name of the forecast: the last part of its ARN."""
        return _id_of(self.forecast_arn)


class KeptForecasts:
    """The forecasts of the configured dataset group that still have values."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings

    def list(self, limit: int = 50) -> builtins.list[KeptForecast]:
        """The newest forecasts, newest first."""
        with self.database.read() as connection:
            return self._kept(connection, limit)

    def get(self, forecast_id: str) -> KeptForecast:
        """The forecast with this id.

        Raises
        ------
        NotFound
            It was never served, is no longer kept, or belongs to another dataset group.
        """
        with self.database.read() as connection:
            found = self._find(connection, forecast_id)
        if found is None:
            raise _not_kept(forecast_id)
        return found

    def pair_of(self, forecast_arn: str) -> tuple[KeptForecast, KeptForecast] | None:
        """The forecast that was made before this one, and this one; None if either is not kept."""
        with self.database.read() as connection:
            kept = self._kept(connection)
        places = [place for place, one in enumerate(kept) if one.forecast_arn == forecast_arn]
        if not places or places[0] + 1 >= len(kept):
            return None
        return kept[places[0] + 1], kept[places[0]]

    def make_current(self, forecast_id: str) -> tuple[KeptForecast, str | None]:
        """Serve an earlier forecast again, until the next run serves its own.

        Returns the forecast that is served now and the id of the one before. The id is None if
        the forecast was served already.

        Raises
        ------
        NotFound
            It was never served, is no longer kept, or belongs to another dataset group.
        """
        name = self.settings.dataset_group
        with self.database.write() as connection:
            group = lock_group(connection, name)
            forecast = self._find(connection, forecast_id)
            if group is None or forecast is None:
                raise _not_kept(forecast_id)
            before = group.current_forecast_arn
            if before == forecast.forecast_arn:
                return forecast, None
            move_pointer(connection, name, forecast.forecast_arn)
            raise_runs_version(connection, name)
            record(connection, "rolled_back", _id_of(forecast.forecast_arn), before=before)
            now = self._find(connection, forecast_id) or forecast
        previous = None if before is None else _id_of(before)
        logger.info(
            "forecast '%s' is served again in place of '%s'",
            now.id,
            previous,
            extra={"event": "rollback", "forecast_arn": now.forecast_arn, "previous_arn": before},
        )
        return now, previous

    def _find(self, connection: sa.Connection, forecast_id: str) -> KeptForecast | None:
        # After a change of account or region two forecasts can have one name: take the newest.
        return next((kept for kept in self._kept(connection) if kept.id == forecast_id), None)

    def _kept(
        self, connection: sa.Connection, limit: int | None = None
    ) -> builtins.list[KeptForecast]:
        """The forecasts of the group that still have values, newest first."""
        served = served_forecasts(connection)
        has_values = sa.exists().where(forecast_values.c.forecast_arn == forecasts.c.forecast_arn)
        names = [name for name in KeptForecast.__dataclass_fields__ if name != "is_current"]
        statement = (
            sa.select(*(forecasts.c[name] for name in names))
            .where(forecasts.c.dataset_group == self.settings.dataset_group, has_values)
            .order_by(forecasts.c.created_at.desc(), forecasts.c.forecast_arn)
            .limit(limit)
        )
        return [
            KeptForecast(**row, is_current=row["forecast_arn"] in served)
            for row in connection.execute(statement).mappings()
        ]


def _not_kept(forecast_id: str) -> NotFound:
    return NotFound(
        f"Forecast '{forecast_id}' was never served or is no longer kept.",
        remedy=Remedy.LIST_FORECASTS,
    )


def _id_of(forecast_arn: str) -> str:
    return forecast_arn.rpartition("/")[2]
