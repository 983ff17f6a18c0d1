"""The step of the ladder from which an answer comes, and why not from the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from forecast_service.amazon.amazon_state import AmazonState

__all__ = ["came_from_amazon", "ladder_step"]


def came_from_amazon(forecast: sa.RowMapping) -> bool:
    """Whether a row of ``forecasts`` was fetched from Amazon."""
    return bool(forecast["source"] == "amazon")


def ladder_step(
    forecast: sa.RowMapping, facts: Mapping[str, Any], state: AmazonState
) -> dict[str, Any] | None:
    """``step``, ``reason`` and ``detail``; None for our own engine where nothing else was wanted.

    ``facts`` are those of the series: one that Amazon does not know has a step of its own.
    """
    for ladder in (facts.get("ladder"), forecast["ladder"]):
        if ladder is not None:
            return dict(ladder)
    if not came_from_amazon(forecast):
        return None
    step = "amazon" if state.reason is None else "last_fetched"
    return {"step": step, "reason": state.reason, "detail": state.detail}
