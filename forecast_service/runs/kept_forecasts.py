"""KeptForecasts: the forecasts that can be served, and which one of them is."""

from __future__ import annotations

import builtins
import logging
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.errors import NotFound
from forecast_service.runs import facts
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import dataset_groups, forecast_values, forecasts

__all__ = ["KeptForecast", "KeptForecasts"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptForecast:
    """A forecast that is or was served, and can be served again; times are epoch seconds."""

    forecast_arn: str
    predictor_arn: str
    source: str
    algorithm: str
    trained_at: float
    created_at: float
    data_until: str
    """Day of the newest sales that it knows."""
    run_id: str | None
    is_current: bool

    @property
    def id(self) -> str:
        """What people call it: its name, the end of its ARN."""
        return _id_of(self.forecast_arn)


class KeptForecasts:
    """The forecasts of the dataset group that the settings name, while their values are there."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings

    def list(self, limit: int = 50) -> builtins.list[KeptForecast]:
        """The newest forecasts, newest first."""
        with self.database.read() as connection:
            rows = connection.execute(self._kept().limit(limit)).mappings().all()
        return [KeptForecast(**row) for row in rows]

    def make_current(self, forecast_id: str) -> tuple[KeptForecast, str | None]:
        """Serve an earlier forecast again, until the next run serves its own.

        Gives the forecast that is served now, and the id of the one that was served before;
        None when it is the same and nothing has changed.

        Raises
        ------
        NotFound
            It was never served, is no longer kept, or belongs to another dataset group.
        """
        name = self.settings.dataset_group
        with self.database.write() as connection:
            group = facts.lock_group(connection, name)
            forecast = self._find(connection, forecast_id)
            if group is None or forecast is None:
                raise NotFound(
                    f"Forecast '{forecast_id}' is not among those that were served and are kept. "
                    "GET /forecasts lists them."
                )
            before: str | None = group["current_forecast_arn"]
            if before == forecast.forecast_arn:
                return forecast, None
            _move_pointer(connection, name, forecast.forecast_arn)
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
        # Of two accounts or regions that were set one after the other, the newest is meant.
        rows = (KeptForecast(**row) for row in connection.execute(self._kept()).mappings())
        return next((forecast for forecast in rows if forecast.id == forecast_id), None)

    def _kept(self) -> sa.Select[tuple[object, ...]]:
        is_current = forecasts.c.forecast_arn == dataset_groups.c.current_forecast_arn
        has_values = sa.exists().where(forecast_values.c.forecast_arn == forecasts.c.forecast_arn)
        columns = [name for name in KeptForecast.__dataclass_fields__ if name != "is_current"]
        return (
            sa.select(
                *(forecasts.c[name] for name in columns),
                sa.func.coalesce(is_current, sa.false()).label("is_current"),
            )
            .join(dataset_groups, dataset_groups.c.name == forecasts.c.dataset_group)
            .where(forecasts.c.dataset_group == self.settings.dataset_group, has_values)
            .order_by(forecasts.c.created_at.desc(), forecasts.c.forecast_arn)
        )


def _move_pointer(connection: sa.Connection, group: str, forecast_arn: str) -> None:
    connection.execute(
        sa.update(dataset_groups)
        .where(dataset_groups.c.name == group)
        .values(
            current_forecast_arn=forecast_arn,
            version=dataset_groups.c.version + 1,
            runs_version=dataset_groups.c.runs_version + 1,
        )
    )


def _id_of(forecast_arn: str) -> str:
    return forecast_arn.rpartition("/")[2]
