"""Undo removes the rows of an import, except those that a resource was made from."""

from __future__ import annotations

from forecast_service.local.operations.undo import undo
from forecast_service.storage.snapshots import SnapshotStore

from .amazon import PREFIX
from .support import World, sales


def undo_import(world: World, job_name: str) -> None:
    with world.database.write() as connection:
        undo(connection, PREFIX, "store_demand_group", job_name)


def test_unused_rows_are_removed(world: World, target: str) -> None:
    world.import_rows(target, world.put(sales()))
    late = world.import_rows(target, world.put(sales(days=71)))

    undo_import(world, late.name)

    assert SnapshotStore(world.database, world.settings.home).version(target) == 1
    assert world.get(late.arn).status == "CREATE_FAILED"


def test_rows_that_a_predictor_was_trained_on_stay(world: World, target: str) -> None:
    job = world.import_rows(target, world.put(sales()))
    world.perform(world.predictor())

    undo_import(world, job.name)

    assert SnapshotStore(world.database, world.settings.home).version(target) == 1
    assert world.get(job.arn).status == "ACTIVE"
