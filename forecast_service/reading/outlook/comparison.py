"""Comparison: two forecasts of one series, day by day, and why they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_service.common.rounding import decimals_of
from forecast_service.engine.calendar import floor
from forecast_service.reading.outlook.columns import numbers
from forecast_service.reading.outlook.covariate_kinds import PROMOTION
from forecast_service.reading.outlook.forecast_parts import LEVEL, named_parts
from forecast_service.reading.outlook.reasons import Reason, runs_of
from forecast_service.reading.outlook.sentences import amount, days_between, percent, rises
from forecast_service.reading.outlook.series_forecast import SeriesForecast
from forecast_service.reading.outlook.timeline import Dates, Floats, Timeline
from forecast_service.storage.groups import Texts

__all__ = ["Comparison", "Told"]

LEAST_SHARE = 0.01  # of the sum; a smaller change is not worth a sentence
PRESENT = 0.25  # of the larger effect of a promotion: below, there is none

Document = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What was recorded of a forecast."""

    data_until: str
    predictor: str
    trained_at: str | None


@dataclass(frozen=True)
class Comparison:
    """The forecasts ``before`` and ``after`` of one series; only their common days count."""

    before: SeriesForecast
    after: SeriesForecast
    texts: Texts

    @property
    def dates(self) -> Dates:
        """The days that both have."""
        return np.intersect1d(self.before.dates, self.after.dates)

    def document(self) -> Document:
        """The difference per day, per calendar week, and of all days."""
        dates, before, after = self.dates, *self._middles()
        weeks = floor(dates, "W")
        return {
            "days": {
                "date": [str(day) for day in dates],
                "before": numbers(before),
                "after": numbers(after),
                "units": numbers(after - before),
                "share": [_share(old, new) for old, new in zip(before, after, strict=True)],
            },
            "weeks": [
                _sums(dates[weeks == week], before[weeks == week], after[weeks == week])
                for week in np.unique(weeks)
            ],
            "total": _sums(dates, before, after) if len(dates) else None,
        }

    def reasons(self, told: tuple[Told, Told], timeline: Timeline) -> list[Document]:
        """Why they differ: changes of the plan and of the parts first, the largest first."""
        before, after = self._middles()
        decimals = decimals_of(np.concatenate([before, after, [0.0]]))
        found = sorted(self._changes(before, after, decimals), key=lambda each: -each.weight)
        facts = [*_newer_sales(self.before, told, timeline), *_predictors(told)]
        reasons = [reason.document() for reason in (*found, *facts)]
        if len(before) and np.allclose(before, after):
            same = {"code": "same", "text": "Both say the same for every day that they share."}
            return [same, *(reason.document() for reason in facts)]
        return reasons

    def _middles(self) -> tuple[Floats, Floats]:
        return (_on(self.before, self.dates), _on(self.after, self.dates))

    def _changes(self, before: Floats, after: Floats, decimals: int) -> Iterator[Reason]:
        yield from _openings(self.dates, before, after, decimals)
        old, new = (self._parts(series) for series in (self.before, self.after))
        if old is None or new is None or not len(self.dates):
            return
        both_open = (before > 0) & (after > 0)
        none, total = np.zeros(len(self.dates)), float(np.abs(before).sum())
        for name in {**old, **new}:
            was = np.where(both_open, old.get(name, none), 0.0)
            now = np.where(both_open, new.get(name, none), 0.0)
            rest = np.ones(len(self.dates), dtype=bool)
            if name == PROMOTION:
                yield from _promotions(self.dates, was, now, both_open, decimals)
                rest = ~(_added(was, now) | _added(now, was))
            change = np.where(rest, now - was, 0.0)
            if abs(float(change.sum())) >= LEAST_SHARE * total:
                yield _of_part(name, change, both_open, total, decimals)

    def _parts(self, series: SeriesForecast) -> Mapping[str, Floats] | None:
        parts = named_parts(series, self.texts)
        if parts is None:
            return None
        inside = np.isin(series.dates, self.dates)
        return {name: values[inside] for name, values in parts.items()}


def _on(series: SeriesForecast, dates: Dates) -> Floats:
    chosen: Floats = series.middle[np.isin(series.dates, dates)]
    return chosen


def _sums(dates: Dates, before: Floats, after: Floats) -> Document:
    old, new = float(before.sum()), float(after.sum())
    return {
        "from": str(dates[0]),
        "to": str(dates[-1]),
        "days": len(dates),
        "before": old,
        "after": new,
        "units": new - old,
        "share": _share(old, new),
    }


def _share(before: float, after: float) -> float | None:
    return float(after / before - 1) if before > 0 else None


def _openings(dates: Dates, before: Floats, after: Floats, decimals: int) -> Iterator[Reason]:
    """Days that are closed in one of the two only."""
    for code, closes, units in (
        ("closed", (before > 0) & (after == 0), before),
        ("opened", (before == 0) & (after > 0), after),
    ):
        for run in runs_of(closes, closes):
            size = float(units[run].sum())
            days = days_between(dates[run][0], dates[run][-1])
            words = "was closed" if code == "closed" else "was opened"
            text = f"The store {words} {days}: {amount(size, decimals)} in all."
            values = {"from": str(dates[run][0]), "to": str(dates[run][-1]), "units": size}
            yield Reason(size, code, text, values)


def _added(was: Floats, now: Floats) -> Any:
    """Days with a promotion in ``now`` only."""
    most = max(float(np.abs(was).max(initial=0.0)), float(np.abs(now).max(initial=0.0)))
    return (np.abs(now) > 0.5 * most) & (np.abs(was) < PRESENT * np.abs(now))


def _promotions(
    dates: Dates, was: Floats, now: Floats, is_open: Any, decimals: int
) -> Iterator[Reason]:
    """Promotions that one of the two has and the other has not."""
    for code, chosen in (
        ("promotion_added", _added(was, now)),
        ("promotion_removed", _added(now, was)),
    ):
        for run in runs_of(chosen, is_open):
            change = (now - was)[run][is_open[run]]
            verb = code.removeprefix("promotion_")
            days = days_between(dates[run][0], dates[run][-1])
            units = float(change.mean())
            text = f"The promotion was {verb} {days}: {rises(units)} {amount(abs(units), decimals)}"
            values = {"from": str(dates[run][0]), "to": str(dates[run][-1]), "units": units}
            yield Reason(float(np.abs(change).sum()), code, f"{text} a day.", values)


def _of_part(name: str, change: Floats, is_open: Any, total: float, decimals: int) -> Reason:
    units, share = float(change[is_open].mean()), float(change.sum()) / total
    subject = "The level" if name == LEVEL else f"The part '{name}'"
    text = f"{subject} is {amount(abs(units), decimals)} a day {'higher' if units > 0 else 'lower'}"
    values = {"part": name, "units": units, "share": share}
    code = "level_changed" if name == LEVEL else "part_changed"
    return Reason(float(np.abs(change).sum()), code, f"{text} ({percent(share)} of all).", values)


def _newer_sales(
    before: SeriesForecast, told: tuple[Told, Told], timeline: Timeline
) -> Iterator[Reason]:
    """The days of sales that only the later forecast knew, and how they went."""
    old, new = np.datetime64(told[0].data_until, "D"), np.datetime64(told[1].data_until, "D")
    if new <= old:
        return
    inside = (before.dates > old) & (before.dates <= new)
    days = before.dates[inside]
    sold, expected = timeline.sales_on(days), before.middle[inside]
    known = np.isfinite(sold)
    values: Document = {"from": str(old + 1), "to": str(new), "share": None}
    text = f"It knows the sales {days_between(old + 1, new)}"
    if known.any() and expected[known].sum() > 0:
        share = float(sold[known].sum() / expected[known].sum() - 1)
        values["share"] = share
        text += f": {percent(share)} {'above' if share >= 0 else 'below'} what was forecast then"
    yield Reason(0.0, "newer_sales", f"{text}.", values)


def _predictors(told: tuple[Told, Told]) -> Iterator[Reason]:
    if told[0].predictor != told[1].predictor:
        values = {"trained_at": told[1].trained_at, "trained_at_before": told[0].trained_at}
        text = f"Another predictor made it: it was trained at {told[1].trained_at}."
        yield Reason(0.0, "other_predictor", text, values)
