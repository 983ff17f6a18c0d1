"""The panel: many aligned series with their covariates and attributes, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["FloatArray", "KnownFuture", "Panel"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """History of ``n`` series over the same ``T`` periods.

    ``keys[i]`` names series i (item, then dimensions). ``timestamps`` are the ``T`` period starts
    (datetime64[s], no time zone). ``target`` has shape (n, T); NaN means unknown: before a series
    began, inside a gap, or marked as missing. ``covariates`` are also known for the future; each
    has shape (n, T) and no NaN where the target is known. ``attributes`` are static: one text per
    series ('' when unknown).
    """

    keys: tuple[tuple[str, ...], ...]
    timestamps: npt.NDArray[np.datetime64]
    frequency: str
    target: FloatArray
    covariates: Mapping[str, FloatArray] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.keys), len(self.timestamps))
        wrong = [
            name
            for name, values in {"target": self.target, **self.covariates}.items()
            if values.shape != shape
        ]
        if wrong:
            raise ValueError(f"'{wrong[0]}' must have shape {shape} (series, periods).")

    @property
    def n_series(self) -> int:
        return len(self.keys)

    @property
    def n_periods(self) -> int:
        return len(self.timestamps)

    def before(self, cutoff: int) -> Panel:
        """The panel of the periods before ``cutoff`` (an index)."""
        return Panel(
            keys=self.keys,
            timestamps=self.timestamps[:cutoff],
            frequency=self.frequency,
            target=self.target[:, :cutoff],
            covariates={name: values[:, :cutoff] for name, values in self.covariates.items()},
            attributes=self.attributes,
        )

    def known_between(self, start: int, stop: int) -> KnownFuture:
        """The covariates of periods ``start`` to ``stop`` (indices), as a known future."""
        return KnownFuture(
            timestamps=self.timestamps[start:stop],
            covariates={name: values[:, start:stop] for name, values in self.covariates.items()},
        )

    def take(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> Panel:
        """The panel of the series at ``rows``, in this order."""
        index = np.asarray(rows, dtype=np.intp)
        return Panel(
            keys=tuple(self.keys[i] for i in index),
            timestamps=self.timestamps,
            frequency=self.frequency,
            target=self.target[index],
            covariates={name: values[index] for name, values in self.covariates.items()},
            attributes={
                name: tuple(values[i] for i in index) for name, values in self.attributes.items()
            },
        )


@dataclass(frozen=True)
class KnownFuture:
    """The next periods and their ``covariates``, each (n, horizon)."""

    timestamps: npt.NDArray[np.datetime64]
    covariates: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def horizon(self) -> int:
        return len(self.timestamps)

    def take(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> KnownFuture:
        """The known future of the series at ``rows``, in this order."""
        index = np.asarray(rows, dtype=np.intp)
        return KnownFuture(
            self.timestamps, {name: values[index] for name, values in self.covariates.items()}
        )
