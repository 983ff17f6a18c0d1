"""Keys of series and names of forecast types."""

from __future__ import annotations

import pytest

from forecast_service.common.keys import parse_forecast_type, prediction_key, series_key, split_key
from forecast_service.errors import InvalidRequest


@pytest.mark.parametrize(
    ("values", "text"),
    [(("1",), '["1"]'), (("milk", "1"), '["milk","1"]'), (('a"b', "Köln"), '["a\\"b","Köln"]')],
)
def test_series_key_is_compact_json_and_can_be_split_again(
    values: tuple[str, ...], text: str
) -> None:
    assert series_key(values) == text
    assert split_key(text) == values


@pytest.mark.parametrize(
    ("forecast_type", "key"),
    [("0.1", "p10"), (".5", "p50"), ("0.65", "p65"), ("0.01", "p1"), ("mean", "mean")],
)
def test_prediction_key_is_the_percentage_as_amazon_writes_it(forecast_type: str, key: str) -> None:
    assert prediction_key(forecast_type) == key


@pytest.mark.parametrize("text", ["1", "0", "-0.1", "nan", "mean", "p50", ""])
def test_parse_forecast_type_refuses_other_text(text: str) -> None:
    with pytest.raises(
        InvalidRequest, match=f"^Forecast type '{text}' is not a quantile. Use a num"
    ):
        parse_forecast_type(text)


def test_parse_forecast_type_returns_the_quantile() -> None:
    assert parse_forecast_type("0.1") == 0.1
