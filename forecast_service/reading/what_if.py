"""What-ifs: the current forecast compared with a forecast for changed covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast_service.common.keys import middle_type, prediction_key, series_key
from forecast_service.common.wording.coded import say
from forecast_service.details import Change, WhatIfSeries
from forecast_service.errors import FieldError, InvalidRequest
from forecast_service.importer.files.column_names import known_name, shown_name, shown_text, snake
from forecast_service.importer.understanding.covariates import ORDINARY
from forecast_service.reading.current import CurrentForecast
from forecast_service.reading.questions import Question
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import Texts, read_group
from forecast_service.storage.limits import UNLIMITED, Limits
from forecast_service.storage.stored_forecast import StoredForecast, predictions
from forecast_service.storage.stores import existing_stores, refuse_missing_item

__all__ = ["Supposition", "WhatIf", "total_of"]

TOLERANCE = 1e-9  # relative; another processor may round the last bits differently
DIFFERS = say("baseline_differs")

Predictions = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Supposition:
    """A value for a covariate from one day to another; both are ISO dates, inclusive."""

    covariate: str
    """A covariate, or a column of text that became several covariates."""
    value: float | str
    first: str
    last: str

    def document(self) -> dict[str, Any]:
        """The supposition in the form of the request."""
        return {
            "covariate": self.covariate,
            "value": self.value,
            "from": self.first,
            "to": self.last,
        }


class WhatIf:
    """Answers what-ifs about the current forecast; nothing is stored."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        session: ForecastSession,
        current: CurrentForecast,
    ) -> None:
        self.database = database
        self.settings = settings
        self.session = session
        self.current = current

    def documents(
        self,
        question: Question,
        suppositions: Sequence[Supposition],
        limits: Limits = UNLIMITED,
    ) -> list[dict[str, Any]]:
        """One document per store, in the order of the question, for a caller with these limits.

        Raises
        ------
        NoForecast, UnknownStore, UnknownItem, OutsideHorizon, InvalidRequest
            As for the forecast itself; InvalidRequest also for a supposition that is not possible.
        Conflict
            The model of the forecast does not exist any more.
        NotOffered
            The backend cannot do this.
        """
        self._refuse_missing_items(question, limits)
        served = self.current.documents(question, limits)
        changes = self._changes(suppositions)
        arn = served[0]["provenance"]["forecast"]
        keys = [_key(document) for document in served]
        supposed = self.session.details.what_if(arn, keys, changes)
        sent = [supposition.document() for supposition in suppositions]
        return [
            _document(document, series, question, sent)
            for document, series in zip(served, supposed, strict=True)
        ]

    def _refuse_missing_items(self, question: Question, limits: Limits) -> None:
        """Series are computed, not their totals: with items, one must be named."""
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is not None and group.has_items and question.item is None:
                for name in existing_stores(connection, group.name, question.stores, limits):
                    refuse_missing_item(connection, group, name, None)

    def _changes(self, suppositions: Sequence[Supposition]) -> list[Change]:
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
        covariates = () if group is None else group.covariates
        texts = {} if group is None else group.texts or {}
        return [
            change
            for place, supposition in enumerate(suppositions)
            for change in _changes_of(supposition, place, covariates, texts)
        ]


def total_of(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum of the totals of several documents."""
    totals = [document["total"] for document in documents]
    baseline, changed = (sum(total[name] for total in totals) for name in ("baseline", "what_if"))
    return _total(totals[0]["forecast_type"], baseline, changed)


def _key(document: Mapping[str, Any]) -> str:
    store = str(document["store_number"])
    return series_key([store] if "item" not in document else [document["item"], store])


def _document(
    served: Mapping[str, Any],
    supposed: WhatIfSeries,
    question: Question,
    sent: list[dict[str, Any]],
) -> dict[str, Any]:
    changed, baseline = supposed.changed, supposed.baseline
    difference = replace(changed, values=changed.values - baseline.values)
    parts = {"result": changed, "baseline": baseline, "difference": difference}
    points = {name: _predictions(part, question) for name, part in parts.items()}
    notes = [shown_text(note) for note in supposed.notes]
    if not _are_close(served["result"]["Forecast"]["Predictions"], points["baseline"]):
        notes.append(DIFFERS)
    middle = prediction_key(middle_type(baseline.forecast_types))
    sums = {name: sum(point["Value"] for point in points[name][middle]) for name in points}
    return {
        **{name: served[name] for name in ("store_number", "item") if name in served},
        **{name: {"Forecast": {"Predictions": part}} for name, part in points.items()},
        "total": _total(middle, sums["baseline"], sums["result"]),
        "notes": notes,
        "provenance": {**served["provenance"], "what_if": True, "changes": sent},
    }


def _predictions(part: StoredForecast, question: Question) -> Predictions:
    return predictions(part, question.start, question.end)


def _are_close(served: Predictions, computed: Predictions) -> bool:
    if list(served) != list(computed):
        return False
    pairs = [
        (np.array([p["Value"] for p in served[name]]), np.array([p["Value"] for p in points]))
        for name, points in computed.items()
    ]
    return all(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE) for a, b in pairs)


def _total(forecast_type: str, baseline: float, changed: float) -> dict[str, Any]:
    return {
        "forecast_type": forecast_type,
        "baseline": baseline,
        "what_if": changed,
        "difference": changed - baseline,
        "share": (changed - baseline) / baseline if baseline else None,
    }


def _changes_of(
    supposition: Supposition, place: int, covariates: Sequence[str], texts: Texts
) -> list[Change]:
    """The changes of covariates for one supposition."""
    title, days = supposition.covariate, (supposition.first, supposition.last)
    name = known_name(title, covariates)
    if name is not None:
        return [Change(name, _number(supposition, place), *days, place)]
    slug = snake(title)
    columns = [name for name in texts if name == title or (slug and snake(name) == slug)]
    if not columns:
        allowed = ", ".join(f"'{shown_name(name)}'" for name in (*covariates, *texts)) or "none"
        raise _refused(place, "covariate", f"'{title}' is not a covariate; allowed: {allowed}")
    covariate_of = texts[columns[0]]
    chosen = _indicator(supposition, place, covariate_of)
    indicators = dict.fromkeys(name for name in covariate_of.values() if name in covariates)
    return [Change(str(name), float(name == chosen), *days, place) for name in indicators]


def _number(supposition: Supposition, place: int) -> float:
    if isinstance(supposition.value, str):
        detail = f"'{supposition.covariate}' takes a number, not '{supposition.value}'"
        raise _refused(place, "value", detail)
    return float(supposition.value)


def _indicator(
    supposition: Supposition, place: int, covariate_of: Mapping[str, str | None]
) -> str | None:
    """The covariate of the supposed text; None for an ordinary text, which has none."""
    value = supposition.value
    text = value.strip() if isinstance(value, str) else f"{value:g}"
    if text in covariate_of:
        return covariate_of[text]
    candidates = {name for key, name in covariate_of.items() if key.lower() == text.lower()}
    if len(candidates) == 1:
        return candidates.pop()
    if text.lower() in ORDINARY:
        return None
    texts = sorted(covariate_of, key=lambda key: covariate_of[key] is None)  # ordinary ones last
    words = [f"'{text}'" for text in texts]
    allowed = " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
    raise _refused(place, "value", f"'{supposition.covariate}' can be {allowed}, not '{text}'")


def _refused(place: int, field: str, detail: str) -> InvalidRequest:
    pointer = f"/changes/{place}/{field}"
    return InvalidRequest(f"'{pointer}': {detail}.", errors=(FieldError(pointer, detail),))
