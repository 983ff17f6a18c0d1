"""A trained auto: each series has its place in the combination of its demand class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from forecast_service.engine.auto.combination import FittedCombination, under
from forecast_service.engine.auto.demand import UNKNOWN, demand_classes
from forecast_service.engine.auto.members import SPARSE, is_sparse
from forecast_service.engine.closing import find_closing
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel

__all__ = ["NAME", "Carry", "FittedAuto", "Group"]

NAME = "auto"

Rows = npt.NDArray[np.intp]
_Arrays = Mapping[str, npt.NDArray[np.generic]]
Said = TypeVar("Said")
Carry = Callable[[FittedCombination, Panel, Rows], FittedCombination]
"""Gives a model on a newer panel, whose series have these rows among all."""


@dataclass(frozen=True)
class Group:
    """The combination of some series, and their rows among all, (n,)."""

    rows: Rows
    model: FittedCombination


@dataclass(frozen=True)
class FittedAuto:
    """Groups of series with the same members, which together hold every series once."""

    demand: tuple[str, ...]
    """Demand class of each series."""
    groups: tuple[Group, ...]
    season_length: int

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self._of_each(lambda model: model.keys)

    @property
    def until(self) -> np.datetime64:
        return self.groups[0].model.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Such as "pooled 0.9, prophet 0.1", largest weight first; "pooled" when it is alone."""
        return self._of_each(lambda model: model.algorithms)

    @property
    def notes(self) -> tuple[str | None, ...]:
        """Why a series lacks a member that it would have had; else what its first member says."""
        return self._of_each(lambda model: model.notes)

    @property
    def facts(self) -> tuple[dict[str, Any], ...]:
        """Of each series, as JSON: its ``members``, its ``coverage`` if known, and its ``demand``.

        ``demand`` is the demand class, absent when it is not known.
        """
        facts = self._of_each(lambda model: model.facts)
        return tuple(
            fact if demand == UNKNOWN else {**fact, "demand": demand}
            for fact, demand in zip(facts, self.demand, strict=True)
        )

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): those of the members averaged, then calibrated."""
        return self._scattered(known_future, lambda model, own: model.forecast(own, quantiles))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        return self._scattered(known_future, lambda model, own: model.mean(own))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts of the members in proportion to their weights; they add up to ``mean``."""
        found: dict[str, FloatArray] = {}
        for group in self.groups:
            own = known_future.take(group.rows)
            for name, values in group.model.contributions(own).items():
                shape = (len(self.demand), *values.shape[1:])
                found.setdefault(name, np.zeros(shape))[group.rows] = values
        return found

    def condition(self, panel: Panel) -> FittedAuto:
        """The same groups, weights and calibration around members that know newer data.

        A series new since the training joins the group of its demand class; the largest one if
        there is no such group, or if nothing is known of it.
        """
        return self.carried_to(panel, lambda model, own, _: model.condition(own))

    def carried_to(self, panel: Panel, carry: Carry) -> FittedAuto:
        """The same groups of the series of a newer panel, their models carried there each."""
        before = {key: row for row, key in enumerate(self.keys)}
        rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
        is_new = rows < 0
        found = demand_classes(find_closing(panel).open_target(panel), self.season_length)
        demand = np.where(is_new, found, np.array(self.demand)[rows])
        places = self._places()[rows]
        places[is_new] = [self._place_of(each) for each in found[is_new]]
        groups = []
        for place, group in enumerate(self.groups):
            own = np.flatnonzero(places == place)
            if len(own):
                groups.append(Group(own, carry(group.model, panel.take(own), own)))
        return FittedAuto(tuple(demand.tolist()), tuple(groups), self.season_length)

    def take(self, rows: Rows, known_future: KnownFuture) -> FittedAuto:
        places, groups = self._places()[rows], []
        within = np.zeros(len(self.demand), dtype=np.intp)
        for place, group in enumerate(self.groups):
            within[group.rows] = np.arange(len(group.rows))
            own = np.flatnonzero(places == place)
            if len(own):
                shared = known_future.take(group.rows)
                groups.append(Group(own, group.model.take(within[rows[own]], shared)))
        return replace(self, demand=tuple(self.demand[row] for row in rows), groups=tuple(groups))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "demand": np.array(self.demand, dtype=np.str_),
            "groups": np.array([len(self.groups)]),
            "season_length": np.array([self.season_length]),
        }
        for place, group in enumerate(self.groups):
            arrays[f"{place}.rows"] = group.rows
            named = group.model.to_arrays()
            arrays.update({f"{place}.model.{name}": values for name, values in named.items()})
        return arrays

    @classmethod
    def from_arrays(cls, arrays: _Arrays) -> FittedAuto:
        """The inverse of ``to_arrays``."""
        groups = []
        count, season_length = (
            int(arrays[name].astype(np.int64)[0]) for name in ("groups", "season_length")
        )
        for place in range(count):
            of_group = under(str(place), arrays)
            model = FittedCombination.from_arrays(under("model", of_group))
            groups.append(Group(of_group["rows"].astype(np.intp), model))
        return cls(tuple(arrays["demand"].tolist()), tuple(groups), season_length)

    def _places(self) -> Rows:
        """Index of the group of each series, (n,)."""
        places = np.zeros(len(self.demand), dtype=np.intp)
        for place, group in enumerate(self.groups):
            places[group.rows] = place
        return places

    def _place_of(self, demand: str) -> int:
        """Index of the group that a series of this class joins."""
        sparse = [tuple(group.model.members) == SPARSE for group in self.groups]
        sizes = [len(group.rows) for group in self.groups]
        if demand == UNKNOWN or is_sparse(demand) not in sparse:
            return int(np.argmax(sizes))
        return sparse.index(is_sparse(demand))

    def _of_each(self, ask: Callable[[FittedCombination], Sequence[Said]]) -> tuple[Said, ...]:
        """What the models say of their series, in the order of all series."""
        said: dict[int, Said] = {}
        for group in self.groups:
            said.update(zip(group.rows.tolist(), ask(group.model), strict=True))
        return tuple(said[row] for row in range(len(said)))

    def _scattered(
        self, known_future: KnownFuture, ask: Callable[[FittedCombination, KnownFuture], FloatArray]
    ) -> FloatArray:
        """What the models forecast, (n, …)."""
        answers = [ask(group.model, known_future.take(group.rows)) for group in self.groups]
        values = np.zeros((len(self.demand), *answers[0].shape[1:]))
        for group, answer in zip(self.groups, answers, strict=True):
            values[group.rows] = answer
        return values
