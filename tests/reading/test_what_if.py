"""What a supposition means: a covariate, or a text of a column that several were made of."""

from __future__ import annotations

import pytest

from forecast_service.errors import InvalidRequest
from forecast_service.reading.what_if import Supposition, _resolved

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
    return {c.covariate: c.value for c in _resolved(supposition, 0, COVARIATES, TEXTS)}


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
def test_a_text_is_what_its_import_made_of_it(
    covariate: str, value: float | str, expected: dict[str, float]
) -> None:
    assert changed(covariate, value) == expected


@pytest.mark.parametrize(
    ("covariate", "value", "told"),
    [
        ("price", "none", "'price' is no covariate; there is 'event_discount_pct'"),
        ("Weather", "snow", "'Weather' is 'rain' or 'sunny', not 'snow'"),
        ("2for1", "a", "'2for1' is 'A\\+', 'A-' or 'no', not 'a'"),
    ],
)
def test_what_was_not_imported_is_refused(covariate: str, value: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        changed(covariate, value)


def test_every_change_knows_what_it_was_asked_by() -> None:
    supposition = Supposition("event", "sports", "2024-01-01", "2024-01-01")

    found = _resolved(supposition, 4, COVARIATES, TEXTS)

    assert [change.place for change in found] == [4, 4, 4]


def test_without_a_record_only_covariates_are_known() -> None:
    supposition = Supposition("event", "sports", "2024-01-01", "2024-01-01")

    with pytest.raises(InvalidRequest, match="'event' is no covariate"):
        _resolved(supposition, 0, COVARIATES, {})
