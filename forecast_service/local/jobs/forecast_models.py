"""The models that forecasts were made with, kept beside them so that a what-if asks the same ones.

Only for the newest forecast of each dataset group and for the one that is served; a sweep takes
the others away.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from forecast_service.engine import archive
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.registry import load
from forecast_service.errors import Conflict, InvalidData, Remedy
from forecast_service.local.resource_details import ForecastDetails, ModelFile
from forecast_service.storage.groups import served_forecasts
from forecast_service.storage.queue import new_id
from forecast_service.storage.tables import resources

__all__ = ["Seen", "ServedModel", "ServedModels", "keep_model", "kept_paths", "seen_values"]

FOLDER = "models"
SERIES = 2000  # in one file: some 10 MB in memory
CACHE_BYTES = 256 * 1024 * 1024  # of files that a process keeps in memory; some 50,000 series
TIMES, COVARIATE, MODEL = "future.times", "future.covariate", "model"

Key = tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """Least and most of a covariate; a ``flag`` was never anything but 0 and 1."""

    least: float
    most: float
    flag: bool


@dataclass(frozen=True)
class ServedModel:
    """Series of a forecast: their model, the future that it was asked about, and how."""

    fitted: Fitted
    known_future: KnownFuture
    frequency: str
    forecast_types: tuple[str, ...]
    seen: Mapping[str, Seen]
    """What each covariate was, in the history or the future of any series."""

    @cached_property
    def rows(self) -> Mapping[Key, int]:
        """Row of each series."""
        return {key: row for row, key in enumerate(self.fitted.keys)}


def seen_values(panel: Panel, known_future: KnownFuture) -> dict[str, Seen]:
    """What the covariates are in a history and its known future; only finite values count."""
    seen = {}
    for name, ahead in known_future.covariates.items():
        found = [*_seen(panel.covariates[name]), *_seen(ahead)]
        if found:
            least, most = min(each.least for each in found), max(each.most for each in found)
            seen[name] = Seen(least, most, all(each.flag for each in found))
    return seen


def _seen(values: FloatArray) -> Iterator[Seen]:
    """Of some series at a time: a mask and a copy of all would be as large as the data."""
    for start in range(0, len(values), SERIES):
        rows = values[start : start + SERIES]
        known = rows[np.isfinite(rows)]
        if len(known):
            flag = bool(((known == 0) | (known == 1)).all())
            yield Seen(float(known.min()), float(known.max()), flag)


def keep_model(home: Path, algorithm: str, model: ServedModel) -> list[ModelFile]:
    """Write a model in files of at most 2,000 series; give their paths and first series."""
    fitted, known_future = model.fitted, model.known_future
    meta = {
        "algorithm": algorithm,
        "frequency": model.frequency,
        "forecast_types": list(model.forecast_types),
        "seen": {name: asdict(seen) for name, seen in model.seen.items()},
    }
    folder = f"{FOLDER}/{new_id()}"
    count = len(fitted.keys)
    files: list[ModelFile] = []
    for start in range(0, count, SERIES):
        part, future = fitted, known_future
        if count > SERIES:
            rows = np.arange(start, min(start + SERIES, count))
            part, future = fitted.take(rows, known_future), known_future.take(rows)
        path = f"{folder}/{len(files):03}.npz"
        arrays = {
            **archive.prefixed(MODEL, part.to_arrays()),
            **archive.prefixed(COVARIATE, future.covariates),
            TIMES: future.timestamps.astype("datetime64[s]"),
        }
        archive.save(home / path, arrays, meta, compress=False)  # few are kept, for a while
        files.append({"path": path, "first": list(part.keys[0])})
    return files


def kept_paths(connection: sa.Connection) -> list[str]:
    """Files of the forecasts that can still be asked: the newest of each group, and the served."""
    ours = resources.c.type == "forecast"
    newest = (
        sa.select(sa.func.max(resources.c.sequence))
        .where(ours, resources.c.status == "ACTIVE")
        .group_by(resources.c.dataset_group_arn)
    )
    served = served_forecasts(connection)
    wanted = sa.or_(resources.c.sequence.in_(newest), resources.c.arn.in_(served))
    details = connection.execute(sa.select(resources.c.details).where(ours, wanted)).scalars()
    return [file["path"] for each in details for file in ForecastDetails.of(each).served or ()]


class ServedModels:
    """Reads kept models; the files used last stay in memory. Safe to share between threads."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._models: OrderedDict[str, tuple[ServedModel, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def of(
        self, files: Sequence[ModelFile], keys: Sequence[Key]
    ) -> list[tuple[ServedModel, list[Key]]]:
        """The models of these series, each with those that it knows; ``files`` by first series.

        Raises
        ------
        Conflict
            The models of this forecast are gone.
        """
        firsts = [tuple(file["first"]) for file in files]
        wanted: dict[int, list[Key]] = {}
        for key in keys:
            wanted.setdefault(max(bisect_right(firsts, key) - 1, 0), []).append(key)
        return [(self._model(files[place]["path"]), wanted[place]) for place in sorted(wanted)]

    def _model(self, path: str) -> ServedModel:
        with self._lock:
            if path not in self._models:
                model = _read(self.home / path)
                size = (self.home / path).stat().st_size  # not compressed: about that in memory
                self._models[path] = model, size
                self._bytes += size
            self._models.move_to_end(path)
            while self._bytes > CACHE_BYTES and len(self._models) > 1:
                self._bytes -= self._models.popitem(last=False)[1][1]
            return self._models[path][0]


def _read(path: Path) -> ServedModel:
    if not path.exists():
        raise Conflict(
            "The model of this forecast was not kept, because a newer forecast was made since. "
            "Ask again: the newest one may be served by now.",
            remedy=Remedy.TRAIN_BY_FORCE,
        )
    try:
        arrays, meta = archive.load(path)
        return _model(arrays, meta)
    except (InvalidData, KeyError, TypeError, ValueError) as error:
        raise Conflict(
            "The model of this forecast cannot be read: it is damaged, or of another version of "
            "the service.",
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
        seen={name: Seen(**seen) for name, seen in meta["seen"].items()},
    )
