"""Staleness: why a forecast is not the newest possible, or lies in the past."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from forecast_service.amazon.amazon_state import read_state
from forecast_service.common.instants import utc_text
from forecast_service.common.wording.coded import say
from forecast_service.reading.ladder_step import came_from_amazon
from forecast_service.storage import forecast_store
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.tables import training_runs

__all__ = ["served_staleness", "staleness"]


def staleness(
    connection: sa.Connection,
    group: DatasetGroup,
    forecast: sa.RowMapping,
    days: tuple[str, str],
    today: date,
) -> str | None:
    """Why the forecast lacks the newest data or covers past days; None if it does neither.

    ``days`` are the first and last day of the forecast.
    """
    reasons = [
        _passed(days, today.isoformat()),
        _newer_data(connection, group, forecast),
        _last_fetched(connection, group, forecast),
    ]
    return "; ".join(reason for reason in reasons if reason) or None


def served_staleness(connection: sa.Connection, group: DatasetGroup, today: date) -> str | None:
    """The same for the forecast that a group serves; None without one."""
    arn = group.current_forecast_arn
    forecast = None if arn is None else forecast_store.forecast_row(connection, arn)
    if arn is None or forecast is None:
        return None
    days = forecast_store.days_of(connection, arn)
    return None if days is None else staleness(connection, group, forecast, days, today)


def _newer_data(
    connection: sa.Connection, group: DatasetGroup, forecast: sa.RowMapping
) -> str | None:
    if forecast["data_version"] >= group.data_version:
        return None
    reason = say("newer_data", data_until=forecast["data_until"], last_sale_on=group.last_sale_on)
    failure = _last_failure(connection, group.name)
    return reason if failure is None else f"{reason}; {failure}"


def _last_fetched(
    connection: sa.Connection, group: DatasetGroup, forecast: sa.RowMapping
) -> str | None:
    """Why a forecast of Amazon's may not be its newest one."""
    if not came_from_amazon(forecast):
        return None
    state = read_state(connection, group.name)
    return state.reason and say(f"amazon_{state.reason}", since=utc_text(state.since))


def _passed(days: tuple[str, str], today: str) -> str | None:
    first, last = days
    if last < today:
        return say("all_days_passed", first=first, last=last)
    if first < today:
        return say("some_days_passed", first=first)
    return None


def _last_failure(connection: sa.Connection, group: str) -> str | None:
    row = connection.execute(
        sa.select(training_runs.c.id, training_runs.c.state, training_runs.c.message)
        .where(training_runs.c.dataset_group == group, training_runs.c.finished_at.is_not(None))
        .order_by(training_runs.c.finished_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.state != "failed":
        return None
    return f"training run '{row.id}' failed: {row.message}"
