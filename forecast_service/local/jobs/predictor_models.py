"""Model files of predictors: saving, loading, and sweeping those without a predictor."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import sqlalchemy as sa

from forecast_service.common.files import new_folder
from forecast_service.engine import archive
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.grouped import pieces
from forecast_service.engine.panel import Panel
from forecast_service.engine.registry import load_pieces
from forecast_service.engine.training_result import Trained
from forecast_service.errors import InvalidData
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.exports.backtest_files import (
    BACKTEST,
    keep_backtest,
    save_backtest,
)
from forecast_service.local.jobs.forecast_models import MEMORY, served_model_paths
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.storage.database import Database
from forecast_service.storage.queue import new_id
from forecast_service.storage.snapshots import GRACE_SECONDS
from forecast_service.storage.tables import resources

__all__ = [
    "backtest_path",
    "load_model",
    "load_trained",
    "save_trained",
    "sweep_models",
]

FOLDER = "models"


def save_trained(
    home: Path,
    algorithm: str,
    trained: Trained,
    panel: Panel,
    earlier: Resource | None = None,
) -> list[str]:
    """Write a model, its backtest, and what a retraining needs, into a new folder.

    If the accuracy was kept from an ``earlier`` predictor, so is its backtest. Returns the paths of
    the model relative to FORECAST_HOME. A model in shards has one file per shard, so that memory
    holds the arrays of only one shard at a time.
    """
    folder, paths = f"{FOLDER}/{new_id()}", []
    with new_folder(home / folder):
        for number, arrays in enumerate(pieces(trained.fitted)):
            paths.append(f"{folder}/{number:03}.npz")
            archive.save(home / paths[-1], arrays, {"algorithm": algorithm})
        paths.append(f"{folder}/{MEMORY}")
        archive.save(home / paths[-1], trained.record(), {})
        if trained.tested is not None:
            save_backtest(home / folder, trained.tested, panel.timestamps)
        elif earlier is not None:
            keep_backtest(backtest_path(home, earlier), home / folder)
    return paths


def backtest_path(home: Path, predictor: Resource) -> Path:
    """Path of the backtest of an ACTIVE predictor; the file may not exist."""
    models = PredictorDetails.of(predictor.details).models or (f"{FOLDER}/none/",)
    return (home / models[0]).with_name(BACKTEST)


def load_model(home: Path, predictor: Resource) -> Fitted:
    """The trained model of an ACTIVE predictor.

    Raises
    ------
    InvalidData
        A file is missing, damaged, or from another version of the service.
    """
    paths = PredictorDetails.of(predictor.details).models
    if not paths:
        raise InvalidData(f"Predictor '{predictor.name}' has no model. Train a new one.")
    arrays, meta = archive.load(home / paths[0])
    other_shards = (archive.load(home / path)[0] for path in paths[1:] if Path(path).name != MEMORY)
    with _refuse_other_versions(paths[0]):
        return load_pieces(meta["algorithm"], chain([arrays], other_shards))


def load_trained(home: Path, predictor: Resource) -> Trained:
    """The whole training of an ACTIVE predictor.

    Raises
    ------
    InvalidData
        A file is missing, damaged, or from another version of the service.
    """
    fitted = load_model(home, predictor)
    paths = PredictorDetails.of(predictor.details).models or ()
    if Path(paths[-1]).name != MEMORY:
        raise InvalidData(
            f"Predictor '{predictor.name}' was trained by a version of the service that kept only "
            "the model. Train a new one."
        )
    memory, _ = archive.load(home / paths[-1])
    with _refuse_other_versions(paths[-1]):
        return Trained.from_record(fitted, memory)


@contextmanager
def _refuse_other_versions(path: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = f"{error} is missing or unknown" if isinstance(error, KeyError) else str(error)
        raise InvalidData(
            f"Model file '{Path(path).name}' was written by another version of the service: "
            f"{reason}. Train again to replace it."
        ) from error


def sweep_models(
    database: Database,
    home: Path,
    grace_seconds: float = GRACE_SECONDS,
    may_go: Callable[[Path], bool] = lambda path: True,
) -> list[Path]:
    """Delete model folders that are no longer used, and return their paths."""
    with database.read() as connection:
        statement = sa.select(resources.c.details).where(resources.c.type == "predictor")
        stored = connection.execute(statement).scalars().all()
        served = served_model_paths(connection)
    trained = (PredictorDetails.of(details).models or () for details in stored)
    paths = [*served, *chain.from_iterable(trained)]
    used = {Path(path).parent.name for path in paths}
    removed = []
    for folder in sorted((home / FOLDER).glob("*")):
        is_old = time.time() - folder.stat().st_ctime >= grace_seconds
        if is_old and folder.name not in used and may_go(folder):
            shutil.rmtree(folder)
            removed.append(folder)
    return removed
