"""Model files of forecasts, so that a what-if uses the model that made the forecast.

They are kept for the newest forecast of each dataset group, for the one that is served, and for
those with a what-if analysis. A sweep deletes the others. Readers also learn here which files of a
predictor are lost: unlike ``predictor_models``, this module needs nothing of a training.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from forecast_service.common.files import new_folder
from forecast_service.engine import archive
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.registry import load
from forecast_service.errors import Conflict, InvalidData, Remedy
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.limits import NO_LIMITS, Limits
from forecast_service.local.resource_details import ForecastDetails, ModelFile, PredictorDetails
from forecast_service.storage.groups import served_forecasts
from forecast_service.storage.queue import new_id
from forecast_service.storage.tables import resources

__all__ = [
    "MEMORY",
    "CovariateRange",
    "ServedModel",
    "ServedModels",
    "covariate_ranges",
    "damaged_file",
    "keep_model",
    "problem_of",
    "read_model",
    "served_model_paths",
]

FOLDER = "models"
MEMORY = "memory.npz"  # of a predictor; only the next training needs it
SERIES = 2000  # per file: about 10 MB in memory
CACHE_BYTES = 256 * 1024 * 1024  # of models in the memory of a process; about 50,000 series
TIMES, COVARIATE, MODEL = "future.times", "future.covariate", "model"
LIMITS = "limits"

Key = tuple[str, ...]


@dataclass(frozen=True)
class CovariateRange:
    """Least and most value of a covariate; a ``flag`` has only the values 0 and 1."""

    least: float
    most: float
    flag: bool


@dataclass(frozen=True)
class ServedModel:
    """The model of some series of a forecast, with its known future and parameters."""

    fitted: Fitted
    known_future: KnownFuture
    frequency: str
    forecast_types: tuple[str, ...]
    ranges: Mapping[str, CovariateRange]
    """Range of each covariate in the history and the known future of all series."""
    limits: Limits = NO_LIMITS
    """None in a model that an older version made."""

    @cached_property
    def rows(self) -> Mapping[Key, int]:
        """Row of each series in the model."""
        return {key: row for row, key in enumerate(self.fitted.keys)}

    def take(self, rows: npt.NDArray[np.intp]) -> ServedModel:
        """The model of the series at ``rows``, which gives them the same forecast."""
        return replace(
            self,
            fitted=self.fitted.take(rows, self.known_future),
            known_future=self.known_future.take(rows),
            limits=self.limits.take(rows),
        )


def covariate_ranges(panel: Panel, known_future: KnownFuture) -> dict[str, CovariateRange]:
    """The range of each covariate in a history and its known future; only finite values count."""
    ranges = {}
    for name, ahead in known_future.covariates.items():
        parts = [*_partial_ranges(panel.covariates[name]), *_partial_ranges(ahead)]
        if parts:
            least, most = min(part.least for part in parts), max(part.most for part in parts)
            ranges[name] = CovariateRange(least, most, all(part.flag for part in parts))
    return ranges


def _partial_ranges(values: FloatArray) -> Iterator[CovariateRange]:
    """Ranges of some series at a time, because a copy of all would be as large as the data."""
    for start in range(0, len(values), SERIES):
        rows = values[start : start + SERIES]
        finite = rows[np.isfinite(rows)]
        if len(finite):
            flag = bool(((finite == 0) | (finite == 1)).all())
            yield CovariateRange(float(finite.min()), float(finite.max()), flag)


def keep_model(home: Path, algorithm: str, model: ServedModel) -> list[ModelFile]:
    """Write a model in files of at most 2,000 series; return their paths and first series."""
    meta = {
        "algorithm": algorithm,
        "frequency": model.frequency,
        "forecast_types": list(model.forecast_types),
        "seen": {name: asdict(known) for name, known in model.ranges.items()},
    }
    folder = f"{FOLDER}/{new_id()}"
    count = len(model.fitted.keys)
    files: list[ModelFile] = []
    with new_folder(home / folder):
        for start in range(0, count, SERIES):
            some = model
            if count > SERIES:
                some = model.take(np.arange(start, min(start + SERIES, count)))
            path = f"{folder}/{len(files):03}.npz"
            arrays = {
                **archive.prefixed(MODEL, some.fitted.to_arrays()),
                **archive.prefixed(COVARIATE, some.known_future.covariates),
                **archive.prefixed(LIMITS, some.limits.to_arrays()),
                TIMES: some.known_future.timestamps.astype("datetime64[s]"),
            }
            archive.save(home / path, arrays, meta, compress=False)  # few files, and not for long
            files.append({"path": path, "first": list(some.fitted.keys[0])})
    return files


def served_model_paths(connection: sa.Connection) -> list[str]:
    """Model files of the newest forecast of each group, of served and of analysed forecasts."""
    is_forecast = resources.c.type == "forecast"
    newest = (
        sa.select(sa.func.max(resources.c.sequence))
        .where(is_forecast, resources.c.status == "ACTIVE")
        .group_by(resources.c.dataset_group_arn)
    )
    served = served_forecasts(connection)
    of_analyses = resources.alias()
    analysed = sa.select(of_analyses.c.parent_arn).where(of_analyses.c.type == "what-if-analysis")
    is_kept = sa.or_(
        resources.c.sequence.in_(newest),
        resources.c.arn.in_(served),
        resources.c.arn.in_(analysed),
    )
    details = connection.execute(
        sa.select(resources.c.details).where(is_forecast, is_kept)
    ).scalars()
    return [file["path"] for stored in details for file in ForecastDetails.of(stored).served or ()]


def problem_of(home: Path, predictor: Resource) -> str | None:
    """Why the model of an ACTIVE predictor cannot be used, in a few words; None if it can."""
    unreadable = PredictorDetails.of(predictor.details).unreadable
    damaged = None if unreadable else damaged_file(home, predictor)
    return f"model file '{Path(damaged[0]).name}' {damaged[1]}" if damaged else unreadable


def damaged_file(home: Path, predictor: Resource) -> tuple[str, str] | None:
    """The first damaged model file of a predictor and its problem, or None."""
    for path in PredictorDetails.of(predictor.details).models or ():
        problem = None if Path(path).name == MEMORY else archive.problem_of(home / path)
        if problem is not None:
            return path, problem
    return None


class ServedModels:
    """Loads model files; recently used ones of one forecast stay in memory.

    Safe to share between threads.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._models: OrderedDict[str, tuple[ServedModel, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def of(
        self, files: Sequence[ModelFile], keys: Sequence[Key]
    ) -> list[tuple[ServedModel, list[Key]]]:
        """The models of these series, each with its keys; ``files`` are ordered by first series.

        Raises
        ------
        Conflict
            A model file is missing or damaged.
        """
        self._drop_all_but({file["path"] for file in files})
        firsts = [tuple(file["first"]) for file in files]
        keys_of_file: dict[int, list[Key]] = {}
        for key in keys:
            keys_of_file.setdefault(max(bisect_right(firsts, key) - 1, 0), []).append(key)
        return [
            (self._load(files[number]["path"]), keys_of_file[number])
            for number in sorted(keys_of_file)
        ]

    def __len__(self) -> int:
        return len(self._models)

    def _drop_all_but(self, paths: Collection[str]) -> None:
        """Drop the models of other forecasts: after a new one, hardly anybody asks for them."""
        with self._lock:
            for path in [path for path in self._models if path not in paths]:
                self._bytes -= self._models.pop(path)[1]

    def _load(self, path: str) -> ServedModel:
        with self._lock:
            if path not in self._models:
                model = read_model(self.home / path)
                size = (self.home / path).stat().st_size  # not compressed: like in memory
                self._models[path] = model, size
                self._bytes += size
            self._models.move_to_end(path)
            while self._bytes > CACHE_BYTES and len(self._models) > 1:
                self._bytes -= self._models.popitem(last=False)[1][1]
            return self._models[path][0]


def read_model(path: Path) -> ServedModel:
    """The model in a file.

    Raises
    ------
    Conflict
        The file is missing or damaged.
    """
    if not path.exists():
        raise Conflict(
            "The model of this forecast does not exist: it was deleted after a newer forecast was "
            "made, or it is lost. Try again: the newer forecast may be served by now.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )
    try:
        arrays, meta = archive.load(path)
        return _model(arrays, meta)
    except (InvalidData, KeyError, TypeError, ValueError) as error:
        raise Conflict(
            "The model of this forecast cannot be read: it is damaged or was written by another "
            "version of the service.",
            remedy=Remedy.TRAIN_BY_FORCE,
        ) from error


def _model(arrays: archive.Arrays, meta: Mapping[str, Any]) -> ServedModel:
    covariates = archive.unprefixed(COVARIATE, arrays)
    return ServedModel(
        fitted=load(meta["algorithm"], archive.unprefixed(MODEL, arrays)),
        known_future=KnownFuture(
            arrays[TIMES].astype("datetime64[s]"),
            {name: values.astype(np.float64) for name, values in covariates.items()},
        ),
        frequency=meta["frequency"],
        forecast_types=tuple(meta["forecast_types"]),
        ranges={name: CovariateRange(**known) for name, known in meta["seen"].items()},
        limits=Limits.from_arrays(archive.unprefixed(LIMITS, arrays)),
    )
