"""Does imports step by step, for tests that stop in between."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from forecast_service.importer import Imports
from forecast_service.local.jobs import lifecycle
from forecast_service.storage.queue import new_id
from forecast_service.storage.tables import work

MOST_STEPS = 20  # of one import


def driver(imports: Imports, queue: Any) -> Any:
    """Returns a function that makes all waiting work due, and does one step of an import."""

    def run() -> None:
        with imports.database.write() as connection:
            connection.execute(
                sa.update(work).where(work.c.state == "waiting").values(not_before=0)
            )
        while (claim := queue.claim(new_id(), [lifecycle.KIND])) is not None:
            lifecycle.perform(imports.database, imports.settings, queue, claim)
        claim = queue.claim(new_id(), ["import"])
        if claim is not None:
            imports.perform(queue, claim)

    return run


def finish(imports: Imports, queue: Any, import_id: str) -> None:
    """Does steps of imports until this one has ended."""
    drive = driver(imports, queue)
    for _ in range(MOST_STEPS):
        if imports.get(import_id)["state"] in ("done", "failed"):
            return
        drive()
    raise AssertionError(f"Import '{import_id}' has not ended after {MOST_STEPS} steps.")
