"""Question: what is asked of the current forecast."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """A question about the forecast: the stores as they were sent, items, a range of times.

    Without ``items``, data with items give the total of each store. If one store alone is asked
    for (not ``many``), a page of its items comes with it.
    """

    stores: tuple[int | str, ...]
    many: bool = False
    """Whether the answer is a list, even of one store."""
    items: tuple[str, ...] = ()
    start: str | None = None
    """First period, ``yyyy-MM-ddTHH:mm:ss``; it may be outside the horizon."""
    end: str | None = None
    after: str | None = None
    """The last item of the page before."""
    limit: int = 100
    """Most items of a page."""

    @property
    def item(self) -> str | None:
        """The item, if exactly one is asked for."""
        return self.items[0] if len(self.items) == 1 else None
