"""Losses: a full import that drops stores or much of the history is refused, unless it may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecast_service.common.names import did_you_mean, natural_order
from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.merging.earlier_imports import StoreState

__all__ = ["refuse_losses", "refuse_unknown_stores"]

LARGEST_LOSS = 0.1  # share of the known store-days that a full import may drop
EXAMPLES = 3


def refuse_losses(old: Mapping[str, StoreState], new: Mapping[str, StoreState]) -> None:
    """Refuse new states of the stores that drop a store, or more than a tenth of all store-days.

    Raises
    ------
    InvalidData
        The sentence has both numbers.
    """
    gone = sorted(set(old) - set(new), key=natural_order)
    days_before, days_after = (sum(s.days for s in states.values()) for states in (old, new))
    if not gone and days_after >= (1 - LARGEST_LOSS) * days_before:
        return
    dropped = f", without {_listed(gone)}" if gone else ""
    raise InvalidData(
        f"This import would replace {_amount(days_before, old)} by {_amount(days_after, new)}"
        f"{dropped}. Nothing was changed. Send all sales again, or add these rows to the others.",
        remedy=Remedy.REPLACE,
    )


def refuse_unknown_stores(old: Mapping[str, StoreState], new: Mapping[str, StoreState]) -> None:
    """Refuse stores that were never imported: their names may be mistyped.

    Raises
    ------
    InvalidData
        The sentence has the nearest names.
    """
    unknown = sorted(set(new) - set(old), key=natural_order)
    if unknown:
        raise InvalidData(
            f"Store '{unknown[0]}' is unknown.{did_you_mean(unknown[0], list(old))}",
            remedy=Remedy.CREATE_STORES,
        )


def _amount(days: int, states: Mapping[str, StoreState]) -> str:
    stores = "1 store" if len(states) == 1 else f"{len(states):,} stores"
    return f"{days:,} {'row' if days == 1 else 'rows'} of {stores}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:EXAMPLES])
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return f"{'store' if len(names) == 1 else 'stores'} {shown}{more}"
