"""Findings: the faults of a file, collected with line numbers and raised as one error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from forecast_service.errors import FieldError, InvalidData, Remedy

__all__ = ["MAX_SHOWN", "Findings", "refuse"]

MAX_SHOWN = 10


class Findings:
    """Bad rows of one file, collected over several checks."""

    def __init__(self, name: str, places: Callable[[Sequence[int]], list[str]]) -> None:
        self._name = name
        self._places = places
        self._first: list[tuple[int, str]] = []
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
        self._first += [(int(row), describe(int(row))) for row in rows[:MAX_SHOWN]]

    def refuse(self) -> None:
        """Raise InvalidData if there is a bad row."""
        if self._total:
            first = sorted(self._first)[:MAX_SHOWN]
            places = self._places([row for row, _ in first])
            details = [detail for _, detail in first]
            refuse(self._name, zip(places, details, strict=True), self._total, self._remedy)


def refuse(
    name: str, findings: Iterable[tuple[str, str]], total: int, remedy: Remedy | None = None
) -> None:
    """Raise InvalidData with the first findings (place, detail) and the number of the others."""
    errors = tuple(FieldError(place, detail) for place, detail in findings)[:MAX_SHOWN]
    shown = "; ".join(f"{error.pointer}: {error.detail}" for error in errors)
    more = f"; and {total - len(errors):,} more" if total > len(errors) else ""
    raise InvalidData(
        f"'{name}' was not imported, and nothing of it was kept: {shown}{more}. "
        "Correct the file and import it again.",
        errors=errors,
        remedy=remedy,
    )
