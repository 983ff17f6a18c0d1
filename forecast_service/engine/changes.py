"""Digests of the data that a model was fitted on, per series, to find what changed since.

The content of a series is its known demand, the covariates of those periods, and its attributes.
A period without known demand adds nothing: a new day of one store makes the panel of all stores
longer, but the content of the others stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.panel import Panel

__all__ = ["Changes", "Content", "changes", "content_of", "identity_of"]

DIGEST_BYTES = 16
WITHOUT_EFFECT = ("processes",)  # fields of FitConfig that change no number

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Content:
    """``digests`` (n, 16) of the content of each series up to ``until``.

    ``identity`` is the digest of the configuration; nothing is kept from a model of another one.
    """

    identity: str
    keys: tuple[tuple[str, ...], ...]
    until: np.datetime64
    digests: npt.NDArray[np.uint8]

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            "identity": np.array([self.identity], dtype=np.str_),
            "keys": np.array([json.dumps(key) for key in self.keys], dtype=np.str_),
            "until": np.array([self.until], dtype="datetime64[s]"),
            "digests": self.digests,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Content:
        """The inverse of ``to_arrays``."""
        return cls(
            identity=str(arrays["identity"][0]),
            keys=tuple(tuple(json.loads(str(text))) for text in arrays["keys"]),
            until=arrays["until"].astype("datetime64[s]")[0],
            digests=arrays["digests"].astype(np.uint8),
        )


@dataclass(frozen=True)
class Changes:
    """Rows of a panel at which a series differs from an earlier content.

    ``appended``: known periods were added at the end, the past is the same. ``edited``: the past
    differs. ``new``: absent before. ``gone``: number of series that are absent now.
    """

    appended: Rows
    edited: Rows
    new: Rows
    gone: int

    @property
    def rewritten(self) -> int:
        """Number of series that are edited, new or gone."""
        return len(self.edited) + len(self.new) + self.gone

    @property
    def rows(self) -> Rows:
        """All rows that differ, ascending."""
        return np.sort(np.concatenate([self.appended, self.edited, self.new]))


def identity_of(name: str, panel: Panel, config: FitConfig) -> str:
    """Digest of all that a fit depends on besides the data, including the engine's sources."""
    settings = {key: v for key, v in asdict(config).items() if key not in WITHOUT_EFFECT}
    described = {
        "algorithm": name,
        "config": settings,
        "frequency": panel.frequency,
        "covariates": sorted(panel.covariates),
        "attributes": sorted(panel.attributes),
        "engine": _engine(),
    }
    text = json.dumps(described, sort_keys=True)
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def content_of(name: str, panel: Panel, config: FitConfig) -> Content:
    """The content of a panel that this algorithm fits with this configuration."""
    return Content(
        identity=identity_of(name, panel, config),
        keys=panel.keys,
        until=np.datetime64(panel.timestamps[-1], "s"),
        digests=_digests(panel, np.arange(panel.n_series)),
    )


def changes(before: Content, panel: Panel) -> tuple[Changes, Content]:
    """The changes from an earlier content to a panel of the same configuration, and its content."""
    places = {key: place for place, key in enumerate(before.keys)}
    earlier_rows = np.array([places.get(key, -1) for key in panel.keys], dtype=np.intp)
    earlier = panel.before(int(np.searchsorted(panel.timestamps, before.until, side="right")))
    rows = np.arange(panel.n_series)
    digests = _digests(earlier, rows)
    is_longer = ~np.isnan(panel.target[:, earlier.n_periods :]).all(axis=1)
    is_new = earlier_rows < 0
    is_edited = ~is_new & (digests != before.digests[earlier_rows]).any(axis=1)
    longer = np.flatnonzero(is_longer)
    digests[longer] = _digests(panel, longer)
    differences = Changes(
        appended=rows[~is_new & ~is_edited & is_longer],
        edited=rows[is_edited],
        new=rows[is_new],
        gone=len(before.keys) - int((~is_new).sum()),
    )
    until = np.datetime64(panel.timestamps[-1], "s")
    return differences, replace(before, keys=panel.keys, until=until, digests=digests)


@cache
def _engine() -> str:
    """Digest of the engine's sources: a changed engine may learn other values from the data."""
    digest = blake2b(digest_size=DIGEST_BYTES)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _digests(panel: Panel, rows: Rows) -> npt.NDArray[np.uint8]:
    """Digest (rows, 16) of the content of each series."""
    times = panel.timestamps.astype("datetime64[s]").astype(np.int64)
    covariates = [panel.covariates[name] for name in sorted(panel.covariates)]
    attributes = [panel.attributes[name] for name in sorted(panel.attributes)]
    digests = np.empty((len(rows), DIGEST_BYTES), dtype=np.uint8)
    for place, row in enumerate(rows):
        known = np.flatnonzero(~np.isnan(panel.target[row]))
        digest = blake2b(digest_size=DIGEST_BYTES)
        digest.update(json.dumps([values[row] for values in attributes]).encode())
        for values in (times, panel.target[row], *(matrix[row] for matrix in covariates)):
            digest.update(values[known].tobytes())
        digests[place] = np.frombuffer(digest.digest(), dtype=np.uint8)
    return digests
