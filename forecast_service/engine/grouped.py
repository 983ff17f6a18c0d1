"""Series divided into groups (demand classes or shards), with a separate model for each group."""

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
    "carry_shards",
    "facts_of",
    "join_pieces",
    "pieces",
    "places_within",
    "split_pieces",
]

SHARD_ROWS = "shard.rows"

Rows = npt.NDArray[np.intp]
Model = TypeVar("Model", bound=Fitted)
Value = TypeVar("Value")
Carry = Callable[[Model, Panel, Rows, Progress], Model]
"""Returns the model on a newer panel of its series; the rows are their places among all."""


@dataclass(frozen=True)
class Group(Generic[Model]):
    """The model of some series, and their rows (n,) among all series."""

    rows: Rows
    model: Model


@dataclass(frozen=True)
class Grouped(Generic[Model]):
    """The model of all groups; there is at least one, and every series is in exactly one.

    ``demand``: the demand classes that divide the series; None if the groups are shards, each a
    fair sample.
    """

    groups: tuple[Group[Model], ...]
    demand: Demand | None = None

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self._by_series(lambda model: model.keys)

    @property
    def until(self) -> np.datetime64:
        return self.groups[0].model.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        return self._by_series(lambda model: model.algorithms)

    @property
    def notes(self) -> tuple[str | None, ...]:
        return self._by_series(lambda model: model.notes)

    @property
    def facts(self) -> tuple[dict[str, Any] | None, ...]:
        """Facts of each series, as JSON: those of its model, and its ``demand`` class."""
        facts = self._by_series(facts_of)
        return facts if self.demand is None else self.demand.added_to(facts)

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels), computed group by group."""
        return self._by_group(known_future, lambda model, own: model.forecast(own, quantiles))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        return self._by_group(known_future, lambda model, own: model.mean(own))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts that add up to the mean; a part that a group lacks is 0 in its rows."""
        shape = (self._n_series, known_future.horizon)
        parts: dict[str, FloatArray] = {}
        for group in self.groups:
            of_group = group.model.contributions(known_future.take(group.rows))
            for name, values in of_group.items():
                parts.setdefault(name, np.zeros(shape))[group.rows] = values
        return parts

    def rows_of(self, keys: Sequence[tuple[str, ...]]) -> Rows:
        """Row of each of these series, (n,); -1 for a new series."""
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
        """The same groups on a newer panel; ``carry`` gives the model of each group on it.

        ``joins`` (n,): group of each series, used if the series is new. ``demand``: the demand
        classes of the panel.
        """
        rows = self.rows_of(panel.keys)
        group_of = np.where(rows < 0, joins, self._places()[0][rows])
        groups, done = [], 0
        for number, group in enumerate(self.groups):
            own = np.flatnonzero(group_of == number)
            if len(own):
                span = done / panel.n_series, (done + len(own)) / panel.n_series
                model = carry(group.model, panel.take(own), own, part(progress, *span))
                groups.append(Group(own, model))
                done += len(own)
        return Grouped(tuple(groups), demand)

    def take(self, rows: Rows, known_future: KnownFuture) -> Grouped[Model]:
        group_of, row_within = self._places()
        groups = []
        for number, group in enumerate(self.groups):
            own = np.flatnonzero(group_of[rows] == number)
            if len(own):
                future = known_future.take(group.rows)
                model: Any = group.model.take(row_within[rows[own]], future)
                groups.append(Group(own, model))
        return Grouped(tuple(groups), self.demand and self.demand.take(rows))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All groups in one mapping; for very many series, write the shards as ``pieces``."""
        if self.demand is None:
            parts: Iterable[Arrays] = pieces(self)
            arrays = {}
        else:
            parts = (
                {"rows": group.rows, **prefixed("model", group.model.to_arrays())}
                for group in self.groups
            )
            arrays = {**self.demand.to_arrays(), "groups": np.array([len(self.groups)])}
        for number, of_group in enumerate(parts):
            arrays |= prefixed(str(number), of_group)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays, load: Callable[[Arrays], Model]) -> Grouped[Model]:
        """The inverse of ``to_arrays`` for demand classes; ``load`` makes the model of a group."""
        groups = []
        for number in range(int(arrays["groups"].astype(np.int64)[0])):
            of_group = unprefixed(str(number), arrays)
            model = load(unprefixed("model", of_group))
            groups.append(Group(of_group["rows"].astype(np.intp), model))
        return cls(tuple(groups), Demand.from_arrays(arrays))

    @property
    def _n_series(self) -> int:
        return sum(len(group.rows) for group in self.groups)

    def _places(self) -> tuple[Rows, Rows]:
        """The number of each series' group, and its row within that group; (n,) each."""
        group_of, row_within = np.empty((2, self._n_series), dtype=np.intp)
        for number, group in enumerate(self.groups):
            group_of[group.rows], row_within[group.rows] = number, np.arange(len(group.rows))
        return group_of, row_within

    def _by_series(self, values_of: Callable[[Model], Sequence[Value]]) -> tuple[Value, ...]:
        """The models' values for each series, in the order of all series."""
        values: dict[int, Value] = {}
        for group in self.groups:
            values.update(zip(group.rows.tolist(), values_of(group.model), strict=True))
        return tuple(values[row] for row in range(len(values)))

    def _by_group(
        self, known_future: KnownFuture, forecast: Callable[[Model, KnownFuture], FloatArray]
    ) -> FloatArray:
        """The models' forecasts, (n, …)."""
        values: FloatArray | None = None
        for group in self.groups:
            of_group = forecast(group.model, known_future.take(group.rows))
            if values is None:
                values = np.empty((self._n_series, *of_group.shape[1:]))
            values[group.rows] = of_group
        return np.asarray(values)


def carry_shards(
    fitted: Fitted, panel: Panel, carry: Carry[Fitted], progress: Progress = silent
) -> Fitted:
    """The model on a newer panel: ``carry`` is called for each shard, or once without shards.

    New series are dealt out evenly.
    """
    rows = np.arange(panel.n_series)
    if not _is_sharded(fitted):
        return carry(fitted, panel, rows, progress)
    return fitted.carried_to(panel, carry, rows % len(fitted.groups), progress=progress)


def places_within(rows: Rows, some: Rows | None) -> Rows | None:
    """The places in ``rows`` that hold ``some`` of them; None, which means all, stays None."""
    return None if some is None else np.flatnonzero(np.isin(rows, some))


def facts_of(fitted: Fitted) -> tuple[dict[str, Any] | None, ...]:
    """Facts of each series besides its forecast, as JSON; None from a model without facts."""
    facts: tuple[dict[str, Any] | None, ...] = getattr(fitted, "facts", ())
    return facts or (None,) * len(fitted.keys)


def pieces(fitted: Fitted) -> Iterator[dict[str, npt.NDArray[np.generic]]]:
    """A model as arrays: one mapping, or one per shard, made on demand."""
    if not _is_sharded(fitted):
        yield fitted.to_arrays()
        return
    for shard in fitted.groups:
        yield {**shard.model.to_arrays(), SHARD_ROWS: shard.rows}


def join_pieces(load: Callable[[Arrays], Fitted], parts: Iterable[Arrays]) -> Fitted:
    """The inverse of ``pieces``; ``load`` makes the model of one piece."""
    shards: list[Group[Fitted]] = []
    for arrays in parts:
        model = load({name: values for name, values in arrays.items() if name != SHARD_ROWS})
        if SHARD_ROWS not in arrays:
            return model
        shards.append(Group(arrays[SHARD_ROWS].astype(np.intp), model))
    return Grouped(tuple(shards))


def split_pieces(arrays: Arrays) -> list[Arrays]:
    """The pieces that ``Grouped.to_arrays`` joined; any other model is one piece."""
    count = sum(name.endswith(f".{SHARD_ROWS}") for name in arrays)
    return [unprefixed(str(number), arrays) for number in range(count)] or [arrays]


def _is_sharded(fitted: Fitted) -> TypeGuard[Grouped[Fitted]]:
    return isinstance(fitted, Grouped) and fitted.demand is None
