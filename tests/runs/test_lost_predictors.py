"""A predictor that cannot be read counts as none: everything is trained anew, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from damage import DAMAGES
from support import group_of, work

from forecast_service.engine import archive
from forecast_service.runs import TrainingRun, TrainingRuns
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.tables import resources


def model_file(database: Database, settings: Settings) -> Path:
    """The model file of the newest predictor."""
    statement = (
        sa.select(resources.c.details)
        .where(resources.c.type == "predictor")
        .order_by(resources.c.sequence.desc())
    )
    with database.read() as connection:
        details = connection.execute(statement.limit(1)).scalar_one()
    return settings.home / details["models"][0]


def from_another_version(path: Path) -> None:
    archive.save(path, {"levels": np.zeros(1)}, {"algorithm": "seasonal_naive"})


def newest_run(runs: TrainingRuns) -> TrainingRun:
    return runs.list(1)[0]


@pytest.mark.quick(2)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_plain_request_replaces_a_lost_predictor(
    trained: TrainingRuns,
    settings: Settings,
    database: Database,
    damage: Callable[[Path], None],
) -> None:
    assert trained.request(1).rule == "within_tolerance"
    damage(model_file(database, settings))

    decision = trained.request(1)
    work(settings)

    assert decision.rule == "no_predictor"
    assert "cannot be used any more (model file '000.npz' " in decision.detail
    assert newest_run(trained).state == "serving"
    assert trained.request(1).rule == "within_tolerance"


@pytest.mark.quick(1)
@pytest.mark.parametrize("damage", ["bit 1", "removed"])
def test_new_sales_are_forecast_by_a_new_predictor(
    trained: TrainingRuns,
    settings: Settings,
    database: Database,
    new_sales: Callable[[range, range], None],
    damage: str,
) -> None:
    DAMAGES[damage](model_file(database, settings))
    new_sales(range(1, 4), range(120, 121))
    work(settings)

    run = newest_run(trained)
    assert (run.state, run.trains, run.reason) == ("serving", True, "no_predictor")
    assert "cannot be used any more" in run.detail
    assert group_of(settings, database).current_forecast_arn == run.forecast_arn


def test_a_model_of_another_version_is_replaced_by_the_run_that_finds_it(
    trained: TrainingRuns,
    settings: Settings,
    database: Database,
    new_sales: Callable[[range, range], None],
) -> None:
    from_another_version(model_file(database, settings))
    new_sales(range(1, 4), range(120, 121))
    work(settings)

    run = newest_run(trained)
    assert (run.state, run.trains) == ("serving", True)
    assert "its model cannot be read by this version of the service" in run.detail
    assert trained.request(1).rule == "within_tolerance"


def test_what_was_damaged_is_a_note_of_the_new_predictor(
    trained: TrainingRuns, settings: Settings, database: Database
) -> None:
    DAMAGES["truncated"](model_file(database, settings))
    trained.request(1)
    work(settings)

    statement = sa.select(resources.c.details).where(resources.c.type == "predictor")
    with database.read() as connection:
        details = connection.execute(statement.order_by(resources.c.sequence.desc())).scalars()
        notes = next(iter(details))["notes"]
    assert notes[0].endswith(
        "Model file '000.npz' cannot be read: it is damaged. Train again to replace it."
    )
