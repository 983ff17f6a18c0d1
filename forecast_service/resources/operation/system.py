"""``/system``: the state of the installation, for its operator."""

from __future__ import annotations

import platform
import shutil
from typing import Any

import sqlalchemy as sa
from flask import Response

from forecast_service import __version__
from forecast_service.common.instants import utc_text
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.told import told
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.groups import served_forecasts
from forecast_service.storage.tables import forecasts, work

__all__ = ["SystemResource"]

FORECAST = sa.select(
    forecasts.c.created_at,
    forecasts.c.trained_at,
    forecasts.c.data_until,
    forecasts.c.algorithm,
    forecasts.c.source,
)


class SystemResource(ServiceResource):
    """What an operator wants to see at once."""

    @documented(
        "State of the installation: queue, workers, disk, database, forecast",
        scope="read",
        answers={200: "System"},
        errors=(503,),
    )
    def get(self) -> Response:
        """One answer for a page or a monitor; it names no store and no host."""
        from forecast_service.upkeep.damage import shortcomings  # readers do not need it
        from forecast_service.upkeep.presence import workers

        settings, database = self.service.settings, self.service.database
        problems = shortcomings(settings, database)
        disk, present = shutil.disk_usage(settings.home), workers(settings.home)
        document = {
            "status": "degraded" if problems else "ready",
            "problems": problems,
            "version": __version__,
            "python": platform.python_version(),
            "backend": settings.backend,
            "database": _database(database),
            "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
            "queue": _queue(database),
            "workers": {"alive": present.alive, "seen_at": utc_text(present.seen_at)},
            "forecast": self._forecast(),
        }
        return json_response(told(document))

    def _forecast(self) -> dict[str, Any] | None:
        with self.service.database.read() as connection:
            served = forecasts.c.forecast_arn.in_(served_forecasts(connection))
            rows = connection.execute(
                FORECAST.where(
                    served, forecasts.c.dataset_group == self.service.settings.dataset_group
                )
            )
            row = rows.mappings().one_or_none()
        if row is None:
            return None
        times = {name: utc_text(row[name]) for name in ("created_at", "trained_at")}
        texts = {name: row[name] for name in ("data_until", "algorithm", "source")}
        return {**times, **texts, "stale": self.service.current.staleness()}


def _database(database: Database) -> dict[str, Any]:
    file = database.file
    return {
        "kind": database.engine.dialect.name,
        "revision": database.revision(),
        "bytes": None if file is None else file.stat().st_size,
    }


def _queue(database: Database) -> dict[str, Any]:
    """Counts of open work, how long due work has waited, and the newest error of open work."""
    is_open = work.c.state != "done"
    waits = sa.and_(work.c.state == "waiting", work.c.not_before <= database_now())
    counts = sa.select(
        sa.func.count().filter(work.c.state == "waiting"),
        sa.func.count().filter(work.c.state == "held"),
        sa.func.min(work.c.not_before).filter(waits),
    ).where(is_open)
    error = (
        sa.select(work.c.last_error)
        .where(is_open, work.c.last_error.is_not(None))
        .order_by(work.c.requested_at.desc())
        .limit(1)
    )
    with database.read() as connection:
        waiting, held, due = connection.execute(counts).one()
        last_error = connection.execute(error).scalar_one_or_none()
    return {
        "waiting": waiting,
        "under_way": held,
        "oldest_due_at": utc_text(due),
        "last_error": last_error,
    }
