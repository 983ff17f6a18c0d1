"""What waits for a predictor: its monitor and its explainability follow how it ends."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE, CREATE_PENDING, JOB_KIND
from forecast_service.local.kinds import EXPLAINABILITY, MONITOR
from forecast_service.storage.work import add_work

__all__ = ["follow"]

FOLLOWERS = (MONITOR.word, EXPLAINABILITY.word)
REASON = "Its predictor '{}' was not made."


def follow(connection: sa.Connection, arn: str, status: str) -> None:
    """Let what waits for the predictor with this ARN begin, or end it as the predictor ended."""
    for child in catalog.children(connection, arn):
        if child.type not in FOLLOWERS or child.status != CREATE_PENDING:
            continue
        if status != ACTIVE:
            message = REASON.format(arn) if status == "CREATE_FAILED" else None
            catalog.update(connection, child.arn, status=status, message=message)
        elif child.type == MONITOR.word:
            catalog.update(connection, child.arn, status=ACTIVE)
        else:
            add_work(connection, JOB_KIND, child.arn)
