"""One model of many series in groups, each with a model of its own: demand classes, or shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeGuard, TypeVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Fitted, Progress, part, silent
from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.auto.demand import Demand
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel

__all__ = [
    "Carry",
    "Group",
    "Grouped",
    "among",
    "by_shard",
    "facts_of",
    "joined",
    "pieces",
    "split",
]

SHARD_ROWS = "shard.rows"

Rows = npt.NDArray[np.intp]
Model = TypeVar("Model", bound=Fitted)
Said = TypeVar("Said")
Carry = Callable[[Model, Panel, Rows, Progress], Model]
"""Gives a model on a newer panel, whose series have these rows among all."""


@dataclass(frozen=True)
class Group(Generic[Model]):
    """The model of some series, and their rows among all, (n,)."""

    rows: Rows
    model: Model


@dataclass(frozen=True)
class Grouped(Generic[Model]):
    """Every series is in one of the groups, of which there is at least one.

    ``demand``: the demand classes by which the series were divided; None if the groups are shards,
    each a fair sample.
    """

    groups: tuple[Group[Model], ...]
    demand: Demand | None = None

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self._of_each(lambda model: model.keys)

    @property
    def until(self) -> np.datetime64:
        return self.groups[0].model.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        return self._of_each(lambda model: model.algorithms)

    @property
    def notes(self) -> tuple[str | None, ...]:
        return self._of_each(lambda model: model.notes)

    @property
    def facts(self) -> tuple[dict[str, Any] | None, ...]:
        """Of each series, as JSON: what its model knows of it, and its ``demand`` class."""
        facts = self._of_each(facts_of)
        return facts if self.demand is None else self.demand.added_to(facts)

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels), computed group by group."""
        return self._scattered(known_future, lambda model, own: model.forecast(own, quantiles))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        return self._scattered(known_future, lambda model, own: model.mean(own))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts that add up to the mean; one that a group does not have is 0 in its rows."""
        shape = (self._n_series, known_future.horizon)
        found: dict[str, FloatArray] = {}
        for group in self.groups:
            parts = group.model.contributions(known_future.take(group.rows))
            for name, values in parts.items():
                found.setdefault(name, np.zeros(shape))[group.rows] = values
        return found

    def rows_of(self, keys: Sequence[tuple[str, ...]]) -> Rows:
        """Row of each of these series, (n,); -1 for one that is new."""
        rows = {key: row for row, key in enumerate(self.keys)}
        return np.array([rows.get(key, -1) for key in keys], dtype=np.intp)

    def carried_to(
        self,
        panel: Panel,
        carry: Carry[Model],
        joins: Rows,
        demand: Demand | None = None,
        progress: Progress = silent,
    ) -> Grouped[Model]:
        """The same groups of the series of a newer panel, their models carried there each.

        ``joins`` (n,): the group that a series joins if it is new. ``demand``: that of the panel.
        """
        rows = self.rows_of(panel.keys)
        homes = np.where(rows < 0, joins, self._homes()[0][rows])
        groups, done = [], 0
        for place, group in enumerate(self.groups):
            own = np.flatnonzero(homes == place)
            if len(own):
                ends = done / panel.n_series, (done + len(own)) / panel.n_series
                model = carry(group.model, panel.take(own), own, part(progress, *ends))
                groups.append(Group(own, model))
                done += len(own)
        return Grouped(tuple(groups), demand)

    def take(self, rows: Rows, known_future: KnownFuture) -> Grouped[Model]:
        homes, within = self._homes()
        groups = []
        for place, group in enumerate(self.groups):
            own = np.flatnonzero(homes[rows] == place)
            if len(own):
                future = known_future.take(group.rows)
                model: Any = group.model.take(within[rows[own]], future)
                groups.append(Group(own, model))
        return Grouped(tuple(groups), self.demand and self.demand.take(rows))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All groups in one; shards of very many series are better written as ``pieces``."""
        if self.demand is None:
            parts: Iterable[Arrays] = pieces(self)
            arrays = {}
        else:
            parts = (
                {"rows": group.rows, **prefixed("model", group.model.to_arrays())}
                for group in self.groups
            )
            arrays = {**self.demand.to_arrays(), "groups": np.array([len(self.groups)])}
        for place, each in enumerate(parts):
            arrays |= prefixed(str(place), each)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays, load: Callable[[Arrays], Model]) -> Grouped[Model]:
        """The inverse of ``to_arrays`` of groups by demand; ``load`` makes the model of one."""
        groups = []
        for place in range(int(arrays["groups"].astype(np.int64)[0])):
            of_group = unprefixed(str(place), arrays)
            model = load(unprefixed("model", of_group))
            groups.append(Group(of_group["rows"].astype(np.intp), model))
        return cls(tuple(groups), Demand.from_arrays(arrays))

    @property
    def _n_series(self) -> int:
        return sum(len(group.rows) for group in self.groups)

    def _homes(self) -> tuple[Rows, Rows]:
        """The group of each series and its row there, (n,) each."""
        homes, within = np.empty((2, self._n_series), dtype=np.intp)
        for place, group in enumerate(self.groups):
            homes[group.rows], within[group.rows] = place, np.arange(len(group.rows))
        return homes, within

    def _of_each(self, ask: Callable[[Model], Sequence[Said]]) -> tuple[Said, ...]:
        """What the models say of their series, in the order of all series."""
        said: dict[int, Said] = {}
        for group in self.groups:
            said.update(zip(group.rows.tolist(), ask(group.model), strict=True))
        return tuple(said[row] for row in range(len(said)))

    def _scattered(
        self, known_future: KnownFuture, ask: Callable[[Model, KnownFuture], FloatArray]
    ) -> FloatArray:
        """What the models forecast, (n, …)."""
        values: FloatArray | None = None
        for group in self.groups:
            answer = ask(group.model, known_future.take(group.rows))
            if values is None:
                values = np.empty((self._n_series, *answer.shape[1:]))
            values[group.rows] = answer
        return np.asarray(values)


def by_shard(
    fitted: Fitted, panel: Panel, carry: Carry[Fitted], progress: Progress = silent
) -> Fitted:
    """A model carried to a newer panel; if it is in shards, each of them by itself.

    Series that are new are dealt out evenly.
    """
    rows = np.arange(panel.n_series)
    if not _is_sharded(fitted):
        return carry(fitted, panel, rows, progress)
    return fitted.carried_to(panel, carry, rows % len(fitted.groups), progress=progress)


def among(rows: Rows, wanted: Rows | None) -> Rows | None:
    """Which places of ``rows`` hold wanted ones; None, which is all, stays None."""
    return None if wanted is None else np.flatnonzero(np.isin(rows, wanted))


def facts_of(fitted: Fitted) -> tuple[dict[str, Any] | None, ...]:
    """What is known of each series beyond its forecast; None from a model without facts."""
    facts: tuple[dict[str, Any] | None, ...] = getattr(fitted, "facts", ())
    return facts or (None,) * len(fitted.keys)


def pieces(fitted: Fitted) -> Iterator[dict[str, npt.NDArray[np.generic]]]:
    """A model as arrays: one mapping, or one for each of its shards, made on demand."""
    if not _is_sharded(fitted):
        yield fitted.to_arrays()
        return
    for shard in fitted.groups:
        yield {**shard.model.to_arrays(), SHARD_ROWS: shard.rows}


def joined(load: Callable[[Arrays], Fitted], found: Iterable[Arrays]) -> Fitted:
    """The inverse of ``pieces``; ``load`` makes the model of one."""
    shards: list[Group[Fitted]] = []
    for arrays in found:
        model = load({name: values for name, values in arrays.items() if name != SHARD_ROWS})
        if SHARD_ROWS not in arrays:
            return model
        shards.append(Group(arrays[SHARD_ROWS].astype(np.intp), model))
    return Grouped(tuple(shards))


def split(arrays: Arrays) -> list[Arrays]:
    """The pieces that ``Grouped.to_arrays`` put into one; any other model is one piece."""
    count = sum(name.endswith(f".{SHARD_ROWS}") for name in arrays)
    return [unprefixed(str(place), arrays) for place in range(count)] or [arrays]


def _is_sharded(fitted: Fitted) -> TypeGuard[Grouped[Fitted]]:
    return isinstance(fitted, Grouped) and fitted.demand is None
