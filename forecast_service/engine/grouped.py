"""One model of very many series, made of models of some of them each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.quantiles import require_levels

__all__ = ["Carry", "FittedShards", "Shard", "facts_of", "joined", "pieces", "split"]

ROWS = "shard.rows"

Rows = npt.NDArray[np.intp]
Carry = Callable[[Fitted, Panel, Rows], Fitted]
"""Gives a model on a newer panel, whose series have these rows among all."""
Said = TypeVar("Said")
_Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Shard:
    """The model of some series, and their rows among all."""

    rows: Rows
    model: Fitted


@dataclass(frozen=True)
class FittedShards:
    """Every series of ``keys`` is in one of the shards, of which there is at least one."""

    keys: tuple[tuple[str, ...], ...]
    shards: tuple[Shard, ...]

    @property
    def until(self) -> np.datetime64:
        return self.shards[0].model.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        return self._of_each(lambda model: model.algorithms)

    @property
    def notes(self) -> tuple[str | None, ...]:
        return self._of_each(lambda model: model.notes)

    @property
    def facts(self) -> tuple[dict[str, Any] | None, ...]:
        return self._of_each(facts_of)

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels), computed shard by shard."""
        levels = require_levels(quantiles)
        values = np.empty((len(self.keys), known_future.horizon, len(levels)))
        for shard in self.shards:
            values[shard.rows] = shard.model.forecast(known_future.take(shard.rows), levels)
        return values

    def mean(self, known_future: KnownFuture) -> FloatArray:
        values = np.empty((len(self.keys), known_future.horizon))
        for shard in self.shards:
            values[shard.rows] = shard.model.mean(known_future.take(shard.rows))
        return values

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts that add up to the mean; one that a shard does not have is 0 in its rows."""
        shape = (len(self.keys), known_future.horizon)
        found: dict[str, FloatArray] = {}
        for shard in self.shards:
            parts = shard.model.contributions(known_future.take(shard.rows))
            for name, values in parts.items():
                found.setdefault(name, np.zeros(shape))[shard.rows] = values
        return found

    def condition(self, panel: Panel) -> FittedShards:
        """Each shard on newer data of its series; new series are dealt out evenly."""
        return self.carried_to(panel, lambda model, own, _: model.condition(own))

    def carried_to(self, panel: Panel, carry: Carry) -> FittedShards:
        """The same shards of the series of a newer panel, their models carried there each."""
        before = dict(zip(self.keys, self._homes()[0].tolist(), strict=True))
        count = len(self.shards)
        homes = np.array([before.get(key, row % count) for row, key in enumerate(panel.keys)])
        shards = []
        for place, shard in enumerate(self.shards):
            own = np.flatnonzero(homes == place)
            if len(own):
                shards.append(Shard(own, carry(shard.model, panel.take(own), own)))
        return FittedShards(panel.keys, tuple(shards))

    def take(self, rows: Rows, known_future: KnownFuture) -> FittedShards:
        homes, within = self._homes()
        shards = []
        for place, shard in enumerate(self.shards):
            own = np.flatnonzero(homes[rows] == place)
            if len(own):
                future = known_future.take(shard.rows)
                shards.append(Shard(own, shard.model.take(within[rows[own]], future)))
        return FittedShards(tuple(self.keys[row] for row in rows), tuple(shards))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All ``pieces`` in one; a large model is better written piece by piece."""
        return {
            f"{place}.{name}": values
            for place, piece in enumerate(pieces(self))
            for name, values in piece.items()
        }

    def _homes(self) -> tuple[Rows, Rows]:
        """The shard of each series and its row there, (n,) each."""
        homes, within = np.empty((2, len(self.keys)), dtype=np.intp)
        for place, shard in enumerate(self.shards):
            homes[shard.rows], within[shard.rows] = place, np.arange(len(shard.rows))
        return homes, within

    def _of_each(self, ask: Callable[[Fitted], Sequence[Said]]) -> tuple[Said, ...]:
        """What the models say of their series, in the order of all series."""
        said: dict[int, Said] = {}
        for shard in self.shards:
            said.update(zip(shard.rows.tolist(), ask(shard.model), strict=True))
        return tuple(said[row] for row in range(len(self.keys)))


def facts_of(fitted: Fitted) -> tuple[dict[str, Any] | None, ...]:
    """What is known of each series beyond its forecast; None from a model without facts."""
    facts: tuple[dict[str, Any] | None, ...] = getattr(fitted, "facts", ())
    return facts or (None,) * len(fitted.keys)


def pieces(fitted: Fitted) -> Iterator[dict[str, npt.NDArray[np.generic]]]:
    """A model as arrays: one mapping, or one for each of its shards, made on demand."""
    if not isinstance(fitted, FittedShards):
        yield fitted.to_arrays()
        return
    for shard in fitted.shards:
        yield {**shard.model.to_arrays(), ROWS: shard.rows}


def joined(load: Callable[[_Arrays], Fitted], found: Iterable[_Arrays]) -> Fitted:
    """The inverse of ``pieces``; ``load`` makes the model of one."""
    shards: list[Shard] = []
    keys: dict[int, tuple[str, ...]] = {}
    for arrays in found:
        model = load({name: values for name, values in arrays.items() if name != ROWS})
        if ROWS not in arrays:
            return model
        shards.append(Shard(arrays[ROWS].astype(np.intp), model))
        keys.update(zip(shards[-1].rows.tolist(), model.keys, strict=True))
    return FittedShards(tuple(keys[row] for row in range(len(keys))), tuple(shards))


def split(arrays: _Arrays) -> list[_Arrays]:
    """The pieces that ``FittedShards.to_arrays`` put into one; any other model is one piece."""
    count = sum(name.endswith(f".{ROWS}") for name in arrays)
    if not count:
        return [arrays]
    found: list[dict[str, npt.NDArray[np.generic]]] = [{} for _ in range(count)]
    for name, values in arrays.items():
        place, _, rest = name.partition(".")
        found[int(place)][rest] = values
    return [*found]
