"""Suppositions: about a covariate, or about a column of text that became several covariates."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidRequest
from forecast_service.reading.what_if import Supposition, _changes_of

TEXTS = {
    "event": {
        "none": None,
        "sports": "event_sports",
        "春节": "event_other",
        "国庆": "event_other_2",
    },
    "Weather": {"sunny": None, "rain": "weather_rain"},
    "2for1": {"A+": "field_2for1_a", "A-": "field_2for1_a_2", "no": None},
}
COVARIATES = [
    "event_discount_pct",
    "price_base",
    *(name for column in TEXTS.values() for name in column.values() if name),
]


def changed(covariate: str, value: float | str) -> dict[str, float]:
    supposition = Supposition(covariate, value, "2024-01-01", "2024-01-01")
    return {c.covariate: c.value for c in _changes_of(supposition, 0, COVARIATES, TEXTS)}


@pytest.mark.parametrize(
    ("covariate", "value", "expected"),
    [
        ("event", "sports", {"event_sports": 1, "event_other": 0, "event_other_2": 0}),
        ("Event", "国庆", {"event_sports": 0, "event_other": 0, "event_other_2": 1}),
        ("event", "none", {"event_sports": 0, "event_other": 0, "event_other_2": 0}),
        ("weather", "Sunny", {"weather_rain": 0}),
        ("2for1", "A-", {"field_2for1_a": 0, "field_2for1_a_2": 1}),
        ("event_other", 1, {"event_other": 1}),
        ("event_discount_pct", 5, {"event_discount_pct": 5}),
    ],
)
def test_a_text_changes_the_covariates_of_its_column(
    covariate: str, value: float | str, expected: dict[str, float]
) -> None:
    assert changed(covariate, value) == expected


@pytest.mark.parametrize(
    ("covariate", "value", "sentence"),
    [
        ("price", "none", "'price' is not a covariate; allowed: 'event_discount_pct'"),
        ("Weather", "snow", "'Weather' can be 'rain' or 'sunny', not 'snow'"),
        ("2for1", "a", "'2for1' can be 'A\\+', 'A-' or 'no', not 'a'"),
    ],
)
def test_an_unknown_covariate_or_text_is_refused(covariate: str, value: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        changed(covariate, value)


def test_every_change_has_the_place_of_its_supposition() -> None:
    supposition = Supposition("event", "sports", "2024-01-01", "2024-01-01")

    changes = _changes_of(supposition, 4, COVARIATES, TEXTS)

    assert [change.place for change in changes] == [4, 4, 4]


def test_without_recorded_texts_only_covariates_are_allowed() -> None:
    supposition = Supposition("event", "sports", "2024-01-01", "2024-01-01")

    with pytest.raises(InvalidRequest, match="'event' is not a covariate"):
        _changes_of(supposition, 0, COVARIATES, {})
