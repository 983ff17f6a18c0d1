"""Undo: what an import loaded goes, except what something was made from."""

from __future__ import annotations

from forecast_service.local.operations.undo import undo
from forecast_service.storage.snapshots import SnapshotStore

from .support import World, sales


def take_back(world: World, job_name: str) -> None:
    with world.database.write() as connection:
        undo(connection, "store_demand_group", job_name)


def test_rows_that_nothing_was_made_from_go(world: World, target: str) -> None:
    world.imported(target, world.put(sales()))
    late = world.imported(target, world.put(sales(days=71)))

    take_back(world, late.name)

    assert SnapshotStore(world.database, world.settings.home).version(target) == 1
    assert world.get(late.arn).status == "CREATE_FAILED"


def test_rows_that_a_predictor_was_trained_on_stay(world: World, target: str) -> None:
    job = world.imported(target, world.put(sales()))
    world.perform(world.predictor())

    take_back(world, job.name)

    assert SnapshotStore(world.database, world.settings.home).version(target) == 1
    assert world.get(job.arn).status == "ACTIVE"
