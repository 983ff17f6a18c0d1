"""Provenance: where the numbers of a store's forecast come from. Times are absolute, no ages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from forecast_service.common.instants import utc_text
from forecast_service.common.wording.coded import say
from forecast_service.importer.files.column_names import shown_text
from forecast_service.importer.understanding.assumptions import rule_for
from forecast_service.importer.understanding.rest_days import rest_words
from forecast_service.storage.stored_forecast import StoredForecast, horizon_days

__all__ = ["provenance"]

DAY_SECONDS = 86400.0

Row = sa.RowMapping


def provenance(
    stored: StoredForecast,
    forecast: Row,
    store: Row,
    *,
    stale: str | None,
    ladder: dict[str, Any] | None,
    covariates: Collection[str],
    tolerance_days: float,
) -> dict[str, Any]:
    """The ``provenance`` member of an answer; every time is absolute."""
    first, last = horizon_days(stored)
    facts = stored.facts or {}
    return {
        "source": forecast["source"],
        "algorithm": stored.algorithm or forecast["algorithm"],
        "members": facts.get("members"),
        "coverage": facts.get("coverage"),
        "demand": facts.get("demand"),
        "fallback": None if stored.note is None else shown_text(stored.note),
        "predictor": forecast["predictor_arn"],
        "trained_at": utc_text(forecast["trained_at"]),
        "fresh_until": utc_text(forecast["trained_at"] + tolerance_days * DAY_SECONDS),
        "data_until": forecast["data_until"],
        "forecast": forecast["forecast_arn"],
        "created_at": utc_text(forecast["created_at"]),
        "horizon": {"first": first, "last": last, "periods": stored.values.shape[1]},
        "stale": stale,
        "ladder": ladder,
        "assumptions": [
            *map(shown_text, forecast["assumptions"]),
            *_assumed_covariates(store, first, last, covariates),
            *_rest_days(store),
            *facts.get("assumptions", ()),
        ],
    }


def _assumed_covariates(
    store: Row, first: str, last: str, covariates: Collection[str]
) -> list[str]:
    assumed_from = store["assumed_from"]
    if assumed_from is None or assumed_from > last:
        return []
    return [
        say(
            "no_plan",
            store=store["store"],
            day=max(assumed_from, first),
            rule=rule_for(covariates),
        )
    ]


def _rest_days(store: Row) -> list[str]:
    """The weekdays on which the forecast is 0, because the store never sold then."""
    if store["rest_days"] is None:
        return []
    return [say("rest_days", store=store["store"], weekdays=rest_words(store["rest_days"]))]
