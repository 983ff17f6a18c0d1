"""Losses: a full import that drops stores or much of the history is refused, unless it may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forecast_service.common.names import did_you_mean, natural_order
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.merging.earlier_imports import StoreState
from forecast_service.storage.limits import Limits

__all__ = ["lost_sales", "refuse_foreign_stores", "refuse_losses", "refuse_unknown_stores"]

LARGEST_LOSS = 0.1  # share of the known store-days that a full import may drop
EXAMPLES = 3


def refuse_losses(old: Mapping[str, StoreState], new: Mapping[str, StoreState]) -> None:
    """Refuse new states of the stores that drop a store, or more than a tenth of all store-days.

    Raises
    ------
    InvalidData
        The sentence has both numbers.
    """
    if set(old) <= set(new) and _days(new) >= (1 - LARGEST_LOSS) * _days(old):
        return
    raise InvalidData(
        f"This import would replace {lost_sales(old, new)}. Nothing was changed. Send all sales "
        "again, or add these rows to the others.",
        remedy=Remedy.REPLACE,
    )


def lost_sales(old: Mapping[str, StoreState], new: Mapping[str, StoreState]) -> str | None:
    """What is replaced by what, if days or stores get lost; else None."""
    gone = sorted(set(old) - set(new), key=natural_order)
    if not gone and _days(new) >= _days(old):
        return None
    dropped = f", without {_listed(gone)}" if gone else ""
    return f"{_amount(old)} with {_amount(new)}{dropped}"


def refuse_unknown_stores(
    old: Mapping[str, StoreState], names: Iterable[str], remedy: Remedy
) -> None:
    """Refuse stores that were never imported: their names may be mistyped.

    Raises
    ------
    InvalidData
        The sentence has the nearest names.
    """
    unknown = sorted(set(names) - set(old), key=natural_order)
    if unknown:
        raise InvalidData(
            f"Store '{unknown[0]}' is unknown.{did_you_mean(unknown[0], list(old))}",
            remedy=remedy,
        )


def refuse_foreign_stores(
    old: Mapping[str, StoreState], names: Iterable[str], limits: Limits
) -> None:
    """Refuse stores outside the limits of the caller, as if they were never imported.

    Raises
    ------
    InvalidData
        The sentence has the nearest names within the limits.
    """
    visible = {name: state for name, state in old.items() if limits.allow(name, state.region)}
    refuse_unknown_stores(visible, names, Remedy.LIST_STORES)


def _days(states: Mapping[str, StoreState]) -> int:
    return sum(state.days for state in states.values())


def _amount(states: Mapping[str, StoreState]) -> str:
    days = _days(states)
    stores = "1 store" if len(states) == 1 else f"{len(states):,} stores"
    return f"{days:,} {'row' if days == 1 else 'rows'} of {stores}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:EXAMPLES])
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return f"{'store' if len(names) == 1 else 'stores'} {shown}{more}"
