"""Limits: the stores that a caller may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.common.names import natural_order
from forecast_service.storage.tables import stores

__all__ = ["UNLIMITED", "Limits"]


@dataclass(frozen=True)
class Limits:
    """The stores with these names, and all stores of these regions; None twice: every store.

    To a caller, other stores do not exist: an error about them reads as one about a store that was
    never imported.
    """

    stores: frozenset[str] | None = None
    regions: frozenset[str] | None = None

    @property
    def are_none(self) -> bool:
        """Whether every store may be seen."""
        return self.stores is None and self.regions is None

    def allow(self, store: str, region: str) -> bool:
        """Whether a store of this name in this region may be seen."""
        return self.are_none or store in (self.stores or ()) or region in (self.regions or ())

    @classmethod
    def from_document(cls, document: Mapping[str, Collection[str] | None]) -> Limits:
        """Limits from JSON values; the inverse of ``document``."""
        return cls(*(_set(document.get(name)) for name in ("stores", "regions")))

    def document(self) -> dict[str, list[str] | None]:
        """The limits as JSON values; null twice: every store."""
        return {"stores": _sorted(self.stores), "regions": _sorted(self.regions)}

    def condition(self) -> sa.ColumnElement[bool]:
        """The same as a condition on rows of the table ``stores``."""
        if self.are_none:
            return sa.true()
        return sa.or_(
            stores.c.store.in_(sorted(self.stores or ())),
            stores.c.region.in_(sorted(self.regions or ())),
        )


UNLIMITED = Limits()


def _set(names: Collection[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names, key=natural_order)
