"""AmazonState: what the workers last saw of Amazon Forecast. Requests read it and call nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from forecast_service.amazon.away import Away
from forecast_service.storage.database import database_now
from forecast_service.storage.groups import raise_runs_version
from forecast_service.storage.tables import amazon_states

__all__ = ["AmazonState", "note_away", "note_group", "note_predictor", "note_present", "read_state"]


@dataclass(frozen=True)
class AmazonState:
    """One row of ``amazon_states``."""

    dataset_group: str
    reason: str | None
    """Why Amazon cannot be used, see ``Away``; None if it can."""
    detail: str | None
    since: float | None
    group_arn: str | None
    """ARN of the dataset group at Amazon."""
    predictor: Mapping[str, Any] | None
    """The newest ACTIVE predictor there: ARN, name, and its creation in epoch seconds."""

    @property
    def latest_predictor(self) -> dict[str, Any] | None:
        """The predictor as Amazon's summary of it."""
        if self.predictor is None:
            return None
        created = datetime.fromtimestamp(self.predictor["CreationTime"], UTC)
        return {**self.predictor, "CreationTime": created}


def read_state(connection: sa.Connection, group: str) -> AmazonState:
    """What is known of Amazon; before anything is known, it counts as present."""
    statement = sa.select(amazon_states).where(amazon_states.c.dataset_group == group)
    row = connection.execute(statement).mappings().one_or_none()
    return AmazonState(group, None, None, None, None, None) if row is None else AmazonState(**row)


def note_away(connection: sa.Connection, group: str, away: Away) -> None:
    """Record that Amazon cannot be used; answers that say so are made anew."""
    before = read_state(connection, group)
    if before.reason == away.reason:
        return
    since = database_now() if before.reason is None else before.since
    _write(connection, group, reason=away.reason, detail=away.detail, since=since)
    raise_runs_version(connection, group)


def note_present(connection: sa.Connection, group: str) -> bool:
    """Record that Amazon answers; return whether it was away."""
    if read_state(connection, group).reason is None:
        return False
    _write(connection, group, reason=None, detail=None, since=None)
    raise_runs_version(connection, group)
    return True


def note_predictor(
    connection: sa.Connection, group: str, predictor: Mapping[str, Any] | None
) -> None:
    """Record the newest ACTIVE predictor at Amazon, a summary or description of it."""
    row = None
    if predictor is not None:
        row = {name: predictor[name] for name in ("PredictorArn", "PredictorName")}
        row["CreationTime"] = predictor["CreationTime"].timestamp()
    if read_state(connection, group).predictor != row:
        _write(connection, group, predictor=row)


def note_group(connection: sa.Connection, group: str, arn: str) -> None:
    """Record the ARN of the group at Amazon."""
    if read_state(connection, group).group_arn != arn:
        _write(connection, group, group_arn=arn)


def _write(connection: sa.Connection, group: str, **columns: Any) -> None:
    this = amazon_states.c.dataset_group == group
    if connection.execute(sa.update(amazon_states).where(this).values(**columns)).rowcount == 0:
        connection.execute(sa.insert(amazon_states).values(dataset_group=group, **columns))
