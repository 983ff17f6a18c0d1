"""What a model was fitted on, series by series: digests that tell what changed since.

The content of a series is what is known of its demand, the covariates of those periods, and its
attributes. Periods of which nothing is known add nothing: a new day of one store, which lengthens
the panel of all, leaves the content of the others as it was.
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
WITHOUT_EFFECT = ("processes",)  # members of FitConfig that change no number

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Content:
    """``digests`` (n, 16) of what is known of each series up to ``until``.

    ``identity`` is that of the configuration; models of another one have nothing in common.
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
    """Rows of a panel whose series differ from an earlier content.

    ``appended``: known periods were added at the end, the rest is as it was. ``edited``: the past
    is another one. ``new``: not there before. ``gone``: how many are not there any more.
    """

    appended: Rows
    edited: Rows
    new: Rows
    gone: int

    @property
    def rewritten(self) -> int:
        """How many series have another past, are new or gone."""
        return len(self.edited) + len(self.new) + self.gone

    @property
    def rows(self) -> Rows:
        """Every row that differs, ascending."""
        return np.sort(np.concatenate([self.appended, self.edited, self.new]))


def identity_of(name: str, panel: Panel, config: FitConfig) -> str:
    """Digest of everything but the data that a fit depends on, the engine itself included."""
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
    """The content of a panel, to be fitted by this algorithm with this configuration."""
    return Content(
        identity=identity_of(name, panel, config),
        keys=panel.keys,
        until=np.datetime64(panel.timestamps[-1], "s"),
        digests=_digests(panel, np.arange(panel.n_series)),
    )


def changes(before: Content, panel: Panel) -> tuple[Changes, Content]:
    """What is different in a panel of the same configuration, and its own content."""
    places = {key: place for place, key in enumerate(before.keys)}
    partner = np.array([places.get(key, -1) for key in panel.keys], dtype=np.intp)
    earlier = panel.before(int(np.searchsorted(panel.timestamps, before.until, side="right")))
    every = np.arange(panel.n_series)
    digests = _digests(earlier, every)
    added = ~np.isnan(panel.target[:, earlier.n_periods :]).all(axis=1)
    is_new = partner < 0
    is_edited = ~is_new & (digests != before.digests[partner]).any(axis=1)
    longer = np.flatnonzero(added)
    digests[longer] = _digests(panel, longer)
    found = Changes(
        appended=every[~is_new & ~is_edited & added],
        edited=every[is_edited],
        new=every[is_new],
        gone=len(before.keys) - int((~is_new).sum()),
    )
    until = np.datetime64(panel.timestamps[-1], "s")
    return found, replace(before, keys=panel.keys, until=until, digests=digests)


@cache
def _engine() -> str:
    """Digest of the engine's own sources: another one may learn something else from the data."""
    digest = blake2b(digest_size=DIGEST_BYTES)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _digests(panel: Panel, rows: Rows) -> npt.NDArray[np.uint8]:
    """Digest (rows, 16) of the content of each series."""
    times = panel.timestamps.astype("datetime64[s]").astype(np.int64)
    covariates = [panel.covariates[name] for name in sorted(panel.covariates)]
    attributes = [panel.attributes[name] for name in sorted(panel.attributes)]
    found = np.empty((len(rows), DIGEST_BYTES), dtype=np.uint8)
    for place, row in enumerate(rows):
        known = np.flatnonzero(~np.isnan(panel.target[row]))
        digest = blake2b(digest_size=DIGEST_BYTES)
        digest.update(json.dumps([values[row] for values in attributes]).encode())
        for values in (times, panel.target[row], *(matrix[row] for matrix in covariates)):
            digest.update(values[known].tobytes())
        found[place] = np.frombuffer(digest.digest(), dtype=np.uint8)
    return found
