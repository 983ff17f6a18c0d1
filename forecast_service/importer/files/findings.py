"""Findings: the faults of a file, collected with line numbers and raised as one error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.errors import FieldError, InvalidData, Remedy

__all__ = ["MAX_SHOWN", "Findings", "refuse"]

Places = Callable[[Sequence[int]], list[str]]

MAX_SHOWN = 10
FEW, EXAMPLES = 3, 3  # more rows with one kind of fault are counted, and some are named
MOST_DESCRIBED = 100_000  # bad rows of one check; what comes after them is counted
VALUES = re.compile(r"(?<= )'[^']*'|\d[\d.,:-]*")  # what differs between faults of one kind


class Findings:
    """Bad rows of one file, collected over several checks."""

    def __init__(self, name: str, places: Places) -> None:
        self._name = name
        self._places = places
        self._faults: list[tuple[int, str]] = []
        self._total = 0
        self._remedy: Remedy | None = None

    def add(
        self,
        rows: npt.NDArray[np.intp],
        describe: Callable[[int], str],
        remedy: Remedy | None = None,
    ) -> None:
        """Record bad rows (0 is the first below the header) and the fault of each."""
        self._total += len(rows)
        if len(rows):
            self._remedy = self._remedy or remedy
        self._faults += [(int(row), describe(int(row))) for row in rows[:MOST_DESCRIBED]]

    def refuse(self) -> None:
        """Raise InvalidData if there is a bad row."""
        if not self._total:
            return
        faults = sorted(self._faults)
        first = faults[:MAX_SHOWN]
        places = self._places([row for row, _ in first])
        errors = tuple(FieldError(p, d) for p, (_, d) in zip(places, first, strict=True))
        groups = _of_one_kind(faults)[:MAX_SHOWN]
        more = self._total - sum(len(group) for group in groups)
        _raise(self._name, list(map(self._sentence, groups)), more, errors, self._remedy)

    def _sentence(self, group: Sequence[tuple[int, str]]) -> str:
        """The faults of one kind: a few one by one, many by their number and the first of them."""
        if len(group) <= FEW:
            places = self._places([row for row, _ in group])
            faults = zip(places, (detail for _, detail in group), strict=True)
            return "; ".join(f"{place}: {detail}" for place, detail in faults)
        rows = [row for row, _ in group[:EXAMPLES]]
        return f"{len(group):,} rows, for example {_span(self._places(rows))}: {group[0][1]}"


def refuse(
    name: str, findings: Iterable[tuple[str, str]], total: int, remedy: Remedy | None = None
) -> None:
    """Raise InvalidData with the first findings (place, detail) and the number of the others."""
    errors = tuple(FieldError(place, detail) for place, detail in findings)[:MAX_SHOWN]
    shown = [f"{error.pointer}: {error.detail}" for error in errors]
    _raise(name, shown, total - len(errors), errors, remedy)


def _raise(
    name: str,
    shown: Sequence[str],
    more: int,
    errors: tuple[FieldError, ...],
    remedy: Remedy | None,
) -> NoReturn:
    others = f"; and {more:,} more" if more > 0 else ""
    raise InvalidData(
        say("file_refused", file=name, faults=f"{'; '.join(shown)}{others}"),
        errors=errors,
        remedy=remedy,
    )


def _of_one_kind(faults: Iterable[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The faults in groups whose details differ in values only, in the order of their rows."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for row, detail in faults:
        groups.setdefault(VALUES.sub("#", detail), []).append((row, detail))
    return list(groups.values())


def _span(places: Sequence[str]) -> str:
    """``lines 2-4`` if the places follow each other, ``lines 2, 5 and 9`` if not."""
    pairs = [place.split(" ") for place in places]
    if any(len(pair) != 2 for pair in pairs):
        return ", ".join(places)
    noun, numbers = f"{pairs[0][0]}s", [int(number) for _, number in pairs]
    if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{noun} {numbers[0]}-{numbers[-1]}"
    return f"{noun} {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
