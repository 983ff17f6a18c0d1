"""What-ifs: the current forecast beside what it would be if covariates were different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast_service.common.keys import MEAN, parse_forecast_type, prediction_key, series_key
from forecast_service.details import Change, WhatIfSeries
from forecast_service.errors import FieldError, InvalidRequest
from forecast_service.importer.files.columns import attribute_name, snake
from forecast_service.importer.understanding.covariates import ORDINARY
from forecast_service.reading.current import CurrentForecast, Question
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.forecast_store import StoredForecast
from forecast_service.storage.groups import Texts, read_group

__all__ = ["Supposition", "WhatIf", "total_of"]

TOLERANCE = 1e-9  # relative; another processor may round the last bits differently
DIFFERS = (
    "The forecast that is served differs from this baseline, which was computed anew on this "
    "machine from the same model: compare with the baseline."
)

Predictions = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Supposition:
    """A covariate at a value from one day to another; both are ISO dates and belong to it."""

    covariate: str
    """A covariate, or the column of text that indicators were made of."""
    value: float | str
    first: str
    last: str

    def document(self) -> dict[str, Any]:
        """It as it was sent."""
        return {
            "covariate": self.covariate,
            "value": self.value,
            "from": self.first,
            "to": self.last,
        }


class WhatIf:
    """Answers what-ifs about the forecast that is served now; nothing is stored."""

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
        self, question: Question, suppositions: Sequence[Supposition]
    ) -> list[dict[str, Any]]:
        """One document per store, in the order asked.

        Raises
        ------
        NoForecast, UnknownStore, UnknownItem, OutsideHorizon, InvalidRequest
            As for the forecast itself; also for what cannot be supposed.
        Conflict
            The model of the forecast is not there any more.
        NotOffered
            The backend cannot do this.
        """
        served = self.current.documents(question)
        changes = self._changes(suppositions)
        arn = served[0]["provenance"]["forecast"]
        keys = [_key(document) for document in served]
        supposed = self.session.details.what_if(arn, keys, changes)
        told = [each.document() for each in suppositions]
        return [
            _document(document, of_series, question, told)
            for document, of_series in zip(served, supposed, strict=True)
        ]

    def _changes(self, suppositions: Sequence[Supposition]) -> list[Change]:
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
        covariates = () if group is None else group.covariates
        texts = {} if group is None else group.texts or {}
        return [
            change
            for place, supposition in enumerate(suppositions)
            for change in _resolved(supposition, place, covariates, texts)
        ]


def total_of(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The totals of several answers as one."""
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
    told: list[dict[str, Any]],
) -> dict[str, Any]:
    changed, baseline = supposed.changed, supposed.baseline
    difference = replace(changed, values=changed.values - baseline.values)
    parts = {"result": changed, "baseline": baseline, "difference": difference}
    points = {name: _predictions(part, question) for name, part in parts.items()}
    notes = list(supposed.notes)
    if not _same(served["result"]["Forecast"]["Predictions"], points["baseline"]):
        notes.append(DIFFERS)
    middle = _middle(baseline.forecast_types)
    sums = {name: sum(point["Value"] for point in points[name][middle]) for name in points}
    return {
        **{name: served[name] for name in ("store_number", "item") if name in served},
        **{name: {"Forecast": {"Predictions": found}} for name, found in points.items()},
        "total": _total(middle, sums["baseline"], sums["result"]),
        "notes": notes,
        "provenance": {**served["provenance"], "what_if": True, "changes": told},
    }


def _predictions(part: StoredForecast, question: Question) -> Predictions:
    return forecast_store.predictions(part, question.start, question.end)


def _same(served: Predictions, computed: Predictions) -> bool:
    if list(served) != list(computed):
        return False
    pairs = [
        (np.array([p["Value"] for p in served[name]]), np.array([p["Value"] for p in points]))
        for name, points in computed.items()
    ]
    return all(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE) for a, b in pairs)


def _middle(forecast_types: Sequence[str]) -> str:
    """Key of the forecast type that totals are of: the median, or what is nearest to it."""

    def distance(forecast_type: str) -> float:
        return 0.25 if forecast_type == MEAN else abs(parse_forecast_type(forecast_type) - 0.5)

    return prediction_key(min(forecast_types, key=distance))


def _total(forecast_type: str, baseline: float, changed: float) -> dict[str, Any]:
    return {
        "forecast_type": forecast_type,
        "baseline": baseline,
        "what_if": changed,
        "difference": changed - baseline,
        "share": (changed - baseline) / baseline if baseline else None,
    }


def _resolved(
    supposition: Supposition, place: int, covariates: Sequence[str], texts: Texts
) -> list[Change]:
    """The changes of covariates that a supposition means."""
    title, days = supposition.covariate, (supposition.first, supposition.last)
    names = [name for name in (title, attribute_name(title)) if name in covariates]
    if names:
        return [Change(names[0], _number(supposition, place), *days, place)]
    slug = snake(title)
    columns = [each for each in texts if each == title or (slug and snake(each) == slug)]
    if not columns:
        known = ", ".join(f"'{name}'" for name in (*covariates, *texts)) or "none"
        raise _refused(place, "covariate", f"'{title}' is no covariate; there is {known}")
    became = texts[columns[0]]
    chosen = _indicator(supposition, place, became)
    indicators = dict.fromkeys(name for name in became.values() if name in covariates)
    return [Change(str(name), float(name == chosen), *days, place) for name in indicators]


def _number(supposition: Supposition, place: int) -> float:
    if isinstance(supposition.value, str):
        detail = f"'{supposition.covariate}' takes a number, not '{supposition.value}'"
        raise _refused(place, "value", detail)
    return float(supposition.value)


def _indicator(
    supposition: Supposition, place: int, became: Mapping[str, str | None]
) -> str | None:
    """The covariate that a text became at its import; None for an ordinary one, without any."""
    value = supposition.value
    text = value.strip() if isinstance(value, str) else f"{value:g}"
    if text in became:
        return became[text]
    alike = {name for each, name in became.items() if each.lower() == text.lower()}
    if len(alike) == 1:
        return alike.pop()
    if text.lower() in ORDINARY:
        return None
    words = [f"'{each}'" for each in sorted(became, key=lambda each: became[each] is None)]
    allowed = " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
    raise _refused(place, "value", f"'{supposition.covariate}' is {allowed}, not '{text}'")


def _refused(place: int, field: str, detail: str) -> InvalidRequest:
    pointer = f"/changes/{place}/{field}"
    return InvalidRequest(f"'{pointer}': {detail}.", errors=(FieldError(pointer, detail),))
