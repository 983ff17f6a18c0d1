"""Model files of predictors: written whole, loaded with their checksum, swept when orphaned."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import sqlalchemy as sa

from forecast_service.database import Database
from forecast_service.engine import archive
from forecast_service.engine.algorithms import load
from forecast_service.engine.algorithms.base import Fitted
from forecast_service.errors import InvalidData
from forecast_service.local.catalog import Resource
from forecast_service.local.served_models import kept_paths
from forecast_service.queue import new_id
from forecast_service.tables import resources

__all__ = ["load_model", "save_model", "sweep_models"]

FOLDER = "models"
GRACE_SECONDS = 3600.0  # a folder without a predictor may belong to a job about to commit


def save_model(home: Path, algorithm: str, fitted: Fitted) -> list[str]:
    """Write a model under a name of its own; give its paths, relative to FORECAST_HOME."""
    path = f"{FOLDER}/{new_id()}/000.npz"
    archive.save(home / path, fitted.to_arrays(), {"algorithm": algorithm})
    return [path]


def load_model(home: Path, predictor: Resource) -> Fitted:
    """The trained model of an ACTIVE predictor.

    Raises
    ------
    InvalidData
        Its file is absent or damaged.
    """
    paths = predictor.details.get("models")
    if not paths:
        raise InvalidData(f"Predictor '{predictor.name}' has no model. Train a new one.")
    arrays, meta = archive.load(home / paths[0])
    return load(meta["algorithm"], arrays)


def sweep_models(
    database: Database, home: Path, grace_seconds: float = GRACE_SECONDS
) -> list[Path]:
    """Delete the folders of models that nothing asks any more, and give their paths."""
    with database.read() as connection:
        statement = sa.select(resources.c.details).where(resources.c.type == "predictor")
        details = connection.execute(statement).scalars().all()
        served = kept_paths(connection)
    paths = [*served, *(path for each in details for path in each.get("models", ()))]
    known = {Path(path).parent.name for path in paths}
    removed = []
    for folder in sorted((home / FOLDER).glob("*")):
        if folder.name not in known and time.time() - folder.stat().st_ctime >= grace_seconds:
            shutil.rmtree(folder)
            removed.append(folder)
    return removed
