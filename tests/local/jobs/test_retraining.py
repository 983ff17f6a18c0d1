"""Retraining: what is kept from the earlier predictor, and when nothing is kept."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from forecast_service.engine import archive
from forecast_service.errors import InvalidData
from forecast_service.local.jobs import training
from forecast_service.local.jobs.predictor_models import load_trained
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue

from ..support import TARGET, TARGET_FIELDS, World, perform, sales

DAYS, STORES = 70, "123456789"
FULL = "Every series was fitted again"


@pytest.fixture
def world(database: Database, settings: Settings, queue: Queue) -> World:
    return World(database, settings, queue)


@pytest.fixture
def target(world: World) -> str:
    """The ARN of a target dataset with nine weekly items."""
    arn = world.dataset("demand", TARGET, TARGET_FIELDS)
    world.import_rows(arn, world.put(sales(STORES, DAYS)))
    return arn


def add_day(world: World, target: str, item: str, number: int = DAYS) -> None:
    day = dt.date(2015, 1, 1) + dt.timedelta(days=number)
    world.import_rows(target, world.put(f"{item},{day},11\n"), ImportMode="INCREMENTAL")


def model_file(world: World, arn: str, place: int) -> Path:
    return world.settings.home / world.get(arn).details["models"][place]


def test_a_training_on_the_same_data_keeps_everything(world: World, target: str) -> None:
    first = world.perform(world.predictor())

    again = world.perform(world.predictor())

    assert again.details["kept_from"] == first.arn
    assert again.details["notes"][:2] == [
        f"What did not change was kept from predictor '{first.name}'.",
        "0 of 9 series were fitted again. The effects that all series share come from the data "
        "until 2015-03-11, weights and accuracy from the data until 2015-03-11.",
    ]
    for name in ("accuracy", "executions", "algorithms", "data_until"):
        assert again.details[name] == first.details[name]


def test_a_retrained_predictor_includes_a_new_day(world: World, target: str) -> None:
    first = world.perform(world.predictor(windows=1))
    for item in STORES:
        add_day(world, target, item)

    again = world.perform(world.predictor(windows=1))

    assert again.details["data_until"] == "2015-03-12"
    assert again.details["kept_from"] == first.arn
    assert again.details["accuracy"] == first.details["accuracy"]
    forecast = world.perform(world.forecast(again.arn))
    assert next(iter(world.forecast_of(forecast.arn, "1")["p50"])) == "2015-03-13T00:00:00"


def test_nothing_is_kept_from_another_configuration(world: World, target: str) -> None:
    world.perform(world.predictor())

    other = world.perform(world.predictor(horizon=6))

    assert "kept_from" not in other.details
    assert other.details["notes"] == []


@pytest.mark.parametrize("place", [0, 1])
def test_a_damaged_file_is_skipped_with_a_note(world: World, target: str, place: int) -> None:
    oldest = world.perform(world.predictor())
    damaged = world.perform(world.predictor())
    path = model_file(world, damaged.arn, place)
    path.write_bytes(path.read_bytes()[:-50])

    again = world.perform(world.predictor())

    assert again.status == "ACTIVE"
    assert again.details["kept_from"] == oldest.arn
    assert again.details["notes"][0].startswith(
        f"Nothing was kept from predictor '{damaged.name}': Model file '{path.name}' "
    )


def test_with_only_damaged_files_everything_is_fitted(world: World, target: str) -> None:
    model_file(world, world.perform(world.predictor()).arn, 1).unlink()

    again = world.perform(world.predictor())

    assert (again.status, "kept_from" in again.details) == ("ACTIVE", False)
    assert len(again.details["notes"]) == 1


def test_a_file_of_another_version_is_refused_with_a_remedy(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())
    archive.save(model_file(world, predictor.arn, 1), {"keys": np.zeros(1)}, {})

    with pytest.raises(InvalidData, match="another version of the service: 'facts' is missing"):
        load_trained(world.settings.home, predictor)


def test_a_mangled_file_of_another_version_leads_to_a_full_training(
    world: World, target: str
) -> None:
    old = world.perform(world.predictor())
    for place in (0, 1):
        path = model_file(world, old.arn, place)
        arrays, meta = archive.load(path)
        archive.save(path, {name: values[:0] for name, values in arrays.items()}, meta)

    again = world.perform(world.predictor())

    assert (again.status, "kept_from" in again.details) == ("ACTIVE", False)
    assert again.details["notes"][0].startswith(f"Nothing was kept from predictor '{old.name}': ")


@pytest.mark.parametrize("error", [KeyError, TypeError, ValueError, IndexError, AttributeError])
def test_any_error_from_a_file_of_another_version_is_refused(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def unreadable(*_: object) -> None:
        raise error("what was expected here")

    predictor = world.perform(world.predictor())
    monkeypatch.setattr("forecast_service.local.jobs.predictor_models.load_pieces", unreadable)

    with pytest.raises(InvalidData, match=r"another version of the service: .*expected here"):
        load_trained(world.settings.home, predictor)


def test_a_training_that_dies_before_its_commit_changes_nothing(
    world: World, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.perform(world.predictor())
    add_day(world, target, "1")
    arn = world.predictor()
    claim = world.claim()

    def die(connection: sa.Connection) -> dict[str, object]:
        raise KeyboardInterrupt

    run = training.run_training
    monkeypatch.setattr(
        "forecast_service.local.jobs.lifecycle.WORK", {"predictor": lambda job: (run(job), die)[1]}
    )
    with pytest.raises(KeyboardInterrupt):
        perform(world, claim)
    monkeypatch.undo()

    assert world.get(arn).status == "CREATE_IN_PROGRESS"
    perform(world, claim)
    assert world.get(arn).details["kept_from"] == first.arn
