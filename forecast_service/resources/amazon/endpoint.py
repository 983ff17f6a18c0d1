"""``/aws``: the local Amazon Forecast, for callers from anywhere, with an audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Flask

from forecast_service.accounts.audit import Action, record
from forecast_service.accounts.caller import KNOWN
from forecast_service.local.api import LocalForecast
from forecast_service.local.query import LocalForecastQuery
from forecast_service.local.wire import ENDPOINTS, Asked, blueprint
from forecast_service.resources.amazon.permissions import refuse
from forecast_service.resources.gate.access import caller
from forecast_service.resources.gate.declarations import needs
from forecast_service.service import Service

__all__ = ["init_app"]

ACTIONS: Mapping[str, Action] = {"Create": "resource_created", "Delete": "resource_deleted"}


def init_app(app: Flask, service: Service) -> None:
    """Add the routes, unless Amazon itself is the backend or the setting is off."""
    settings, database = service.settings, service.database
    if not service.session.is_endpoint or settings.aws_endpoint == "off":
        return

    def admit(asked: Asked) -> str:
        account_id = caller().account_id or settings.account_id
        refuse(caller(), asked, account_id)
        return account_id

    planes = (
        LocalForecast(database, settings, _note),
        LocalForecastQuery(database, settings),
    )
    app.register_blueprint(blueprint(*planes, admit=admit))
    for endpoint in ENDPOINTS:  # every operation needs a scope of its own: permissions.py
        needs(KNOWN)(app.view_functions[endpoint])


def _note(
    connection: sa.Connection,
    operation: str,
    params: Mapping[str, Any],
    answer: Mapping[str, Any],
) -> None:
    """Record a change in the audit log."""
    action = next((a for verb, a in ACTIONS.items() if operation.startswith(verb)), None)
    arns = [value for name, value in {**answer, **params}.items() if name.endswith("Arn")]
    made = next(iter(answer.values()), None) if action == "resource_created" else None
    subject = made or next(iter(arns), None)
    record(connection, action or "resource_changed", subject, operation=operation)
