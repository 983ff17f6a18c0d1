"""Monitor: the work that makes the summary of a forecast and measures what was served before."""

from __future__ import annotations

import contextlib
import logging
import time

import sqlalchemy as sa

from forecast_service.errors import DamagedData
from forecast_service.monitoring.accuracy import find_changes, write_changes
from forecast_service.monitoring.forecast_values import read_forecast
from forecast_service.monitoring.served_forecasts import ServedForecasts
from forecast_service.monitoring.store_sales import StoreSales, read_store_sales
from forecast_service.monitoring.summary import summarise, write_summary
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.groups import DatasetGroup, lock_group, read_group
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.tables import forecast_summaries, monitored_groups, work
from forecast_service.storage.work import add_work

__all__ = ["KIND", "is_summarised", "monitored_version", "perform", "schedule"]

logger = logging.getLogger(__name__)

KIND = "monitoring"
PATIENCE_SECONDS = 120.0


def is_summarised(connection: sa.Connection, forecast_arn: str) -> bool:
    """Whether a forecast has its summary; if not, the work that makes it is added.

    It also counts as summarised if that work has ended without one, or was not done in
    ``PATIENCE_SECONDS``, as behind two long trainings: a forecast is served rather without than
    late.
    """
    if _has_summary(connection, forecast_arn):
        return True
    waited = (database_now() - work.c.requested_at).label("waited")
    statement = sa.select(work.c.state, waited).where(
        work.c.kind == KIND, work.c.subject == forecast_arn
    )
    found = connection.execute(statement).all()
    if not found:
        add_work(connection, KIND, forecast_arn)
    is_late = any(row.waited > PATIENCE_SECONDS for row in found)
    return is_late or (bool(found) and all(row.state == "done" for row in found))


def schedule(database: Database, settings: Settings) -> bool:
    """Add the work that is missing: for the forecast of an older version, or after a rollback."""
    with contextlib.suppress(sa.exc.IntegrityError), database.write() as connection:
        group = read_group(connection, settings.dataset_group)
        arn = None if group is None else group.current_forecast_arn
        if group is None or arn is None:
            return False
        if _has_summary(connection, arn) and _data_version(connection, group) >= group.data_version:
            return False
        add_work(connection, KIND, arn)
        return True
    return False  # it is in the queue already


def monitored_version(connection: sa.Connection, group: str) -> int:
    """Grows when anything is computed that answers depend on."""
    statement = sa.select(monitored_groups.c.version).where(
        monitored_groups.c.dataset_group == group
    )
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def perform(settings: Settings, database: Database, queue: Queue, claim: Claim) -> None:
    """Make the summary of a forecast, then measure the forecasts that were served before."""
    began = time.monotonic()
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
    weeks = 0
    if group is not None:
        sales = _sales(database, settings, group)
        _summarise(database, settings, group, claim.subject, sales)
        weeks = _measure(database, group, sales)
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim)
    logger.info(
        "the forecast is summarised, and %s weeks of accuracy are measured in %.1f s",
        weeks,
        time.monotonic() - began,
        extra={"event": "monitored", "weeks": weeks},
    )


def _sales(database: Database, settings: Settings, group: DatasetGroup) -> StoreSales | None:
    try:
        return read_store_sales(database, settings.home, group)
    except DamagedData as error:
        logger.warning("nothing is compared: %s", error, extra={"event": "not_monitored"})
        return None


def _summarise(
    database: Database,
    settings: Settings,
    group: DatasetGroup,
    forecast_arn: str,
    sales: StoreSales | None,
) -> None:
    with database.read() as connection:
        if _has_summary(connection, forecast_arn):
            return
        forecast = read_forecast(connection, forecast_arn, has_items=group.has_items)
    if forecast is None:
        return
    summary = summarise(forecast, sales, settings.country)
    with database.write() as connection:
        lock_group(connection, group.name)
        write_summary(connection, forecast_arn, summary)
        _raise_version(connection, group)


def _measure(database: Database, group: DatasetGroup, sales: StoreSales | None) -> int:
    if sales is None:
        return 0
    with database.read() as connection:
        served = ServedForecasts(connection, group, since=group.trained_after or 0.0)
        changes = find_changes(connection, served, sales, group.name)
    with database.write() as connection:
        lock_group(connection, group.name)
        write_changes(connection, changes)
        _raise_version(connection, group, measured=True)
    return len(changes)


def _raise_version(
    connection: sa.Connection, group: DatasetGroup, *, measured: bool = False
) -> None:
    table = monitored_groups
    version = monitored_version(connection, group.name) + 1
    data_version = group.data_version if measured else _data_version(connection, group)
    connection.execute(sa.delete(table).where(table.c.dataset_group == group.name))
    connection.execute(
        sa.insert(table).values(
            dataset_group=group.name, version=version, data_version=data_version
        )
    )


def _data_version(connection: sa.Connection, group: DatasetGroup) -> int:
    statement = sa.select(monitored_groups.c.data_version).where(
        monitored_groups.c.dataset_group == group.name
    )
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def _has_summary(connection: sa.Connection, forecast_arn: str) -> bool:
    statement = sa.select(forecast_summaries.c.created_at).where(
        forecast_summaries.c.forecast_arn == forecast_arn
    )
    return connection.execute(statement).first() is not None
