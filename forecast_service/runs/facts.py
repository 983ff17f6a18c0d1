"""Reads the facts for a decision about a training from the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from forecast_service.runs.decisions import Facts
from forecast_service.settings import Settings
from forecast_service.storage.database import database_now
from forecast_service.storage.groups import DatasetGroup
from forecast_service.storage.tables import forecasts, stores, training_runs
from forecast_service.trainer import age_days

__all__ = ["clock", "collect_facts", "has_fitting_predictor", "has_predictor", "is_current"]

Predictor = dict[str, Any]


def clock(connection: sa.Connection) -> datetime:
    """The database's time, aware; all hosts use this clock."""
    seconds = connection.execute(sa.select(database_now())).scalar_one()
    return datetime.fromtimestamp(seconds, UTC)


def collect_facts(
    connection: sa.Connection,
    settings: Settings,
    group: DatasetGroup,
    predictor: Predictor | None,
    *,
    store: str | None,
    at: datetime,
    forced: bool,
    lost: str | None = None,
) -> Facts:
    """Read the facts for a request about ``store`` at ``at``; None means the whole group."""
    last_sale_on = group.last_sale_on
    facts = Facts(
        store=store,
        forced=forced,
        predictor=None,
        age_days=None,
        tolerance_days=settings.tolerance_days,
        includes_store=True,
        newer_days_of_sales=None,
        is_forecast=False,
        last_sale_on=last_sale_on,
        lost=lost,
    )
    if predictor is None:
        return facts
    return replace(
        facts,
        predictor=predictor["PredictorName"],
        age_days=age_days(predictor, at),
        includes_store=store is None or _includes_store(connection, group.name, predictor, store),
        newer_days_of_sales=_newer_days(connection, predictor, last_sale_on),
        is_forecast=_is_forecast(connection, group, predictor),
    )


def is_current(connection: sa.Connection, group: DatasetGroup) -> bool:
    """Whether the served forecast includes the newest sales."""
    data_version = connection.execute(
        sa.select(forecasts.c.data_version).where(
            forecasts.c.forecast_arn == group.current_forecast_arn
        )
    ).scalar_one_or_none()
    return data_version is not None and data_version >= group.data_version


def has_predictor(connection: sa.Connection, group: DatasetGroup) -> bool:
    """Whether our records show that the group ever had a finished predictor."""
    if group.current_forecast_arn is not None:
        return True
    forecasting = sa.select(training_runs.c.id).where(
        training_runs.c.dataset_group == group.name, training_runs.c.forecast_arn.is_not(None)
    )
    return connection.execute(forecasting.limit(1)).first() is not None


def has_fitting_predictor(connection: sa.Connection, group: DatasetGroup) -> bool:
    """Whether a predictor fits the kind of data, as far as our records show."""
    if group.trained_after is None:
        return True
    trained = sa.select(training_runs.c.id).where(
        training_runs.c.dataset_group == group.name,
        training_runs.c.trains.is_(True),
        training_runs.c.started_at >= group.trained_after,
        training_runs.c.forecast_arn.is_not(None),
    )
    return connection.execute(trained.limit(1)).first() is not None


def _run_of(connection: sa.Connection, predictor: Predictor) -> sa.RowMapping | None:
    """The run that trained the predictor."""
    return (
        connection.execute(
            sa.select(training_runs.c.started_at, training_runs.c.data_until)
            .where(
                training_runs.c.predictor_arn == predictor["PredictorArn"],
                training_runs.c.trains.is_(True),
            )
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )


def _first_data_until(connection: sa.Connection, predictor: Predictor) -> str | None:
    first: str | None = connection.execute(
        sa.select(sa.func.min(forecasts.c.data_until)).where(
            forecasts.c.predictor_arn == predictor["PredictorArn"]
        )
    ).scalar_one()
    return first


def _includes_store(
    connection: sa.Connection, group: str, predictor: Predictor, store: str
) -> bool:
    """Whether the store's sales were imported before the predictor's run fixed its data.

    A predictor without a run was made by a call of the API: its creation time counts.
    """
    run = _run_of(connection, predictor)
    fixed_at = predictor["CreationTime"].timestamp() if run is None else run["started_at"]
    imported_at = connection.execute(
        sa.select(stores.c.imported_at).where(
            stores.c.dataset_group == group, stores.c.store == store
        )
    ).scalar_one_or_none()
    return imported_at is not None and imported_at <= fixed_at


def _newer_days(
    connection: sa.Connection, predictor: Predictor, last_sale_on: str | None
) -> int | None:
    """Days of sales after those that the predictor was trained on; None if not recorded."""
    run = _run_of(connection, predictor)
    data_until = run["data_until"] if run is not None else _first_data_until(connection, predictor)
    if data_until is None or last_sale_on is None:
        return None
    return max((date.fromisoformat(last_sale_on) - date.fromisoformat(data_until)).days, 0)


def _is_forecast(connection: sa.Connection, group: DatasetGroup, predictor: Predictor) -> bool:
    """Whether the current forecast and a forecast of the predictor include the newest sales."""
    newest = sa.select(forecasts.c.forecast_arn).where(
        forecasts.c.dataset_group == group.name,
        forecasts.c.data_version >= group.data_version,
    )
    forecast = connection.execute(
        newest.where(forecasts.c.predictor_arn == predictor["PredictorArn"]).limit(1)
    ).first()
    return forecast is not None and is_current(connection, group)
