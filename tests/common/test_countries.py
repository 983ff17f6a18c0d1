"""Countries: Amazon's codes, the ISO 3166 codes, and the setting that accepts both."""

from __future__ import annotations

import pytest

from forecast_service.common.countries import (
    AMAZON_COUNTRIES,
    COUNTRIES,
    amazon_country,
    iso_country,
)
from forecast_service.settings import read_settings


@pytest.mark.parametrize("code", ["GB", "UK"])
def test_one_country_has_two_codes(code: str) -> None:
    assert (amazon_country(code), iso_country(code)) == ("UK", "GB")


def test_every_country_has_a_code_of_amazon() -> None:
    assert {amazon_country(code) for code in COUNTRIES} == set(AMAZON_COUNTRIES)


@pytest.mark.parametrize("code", ["DE", "GB", "UK"])
def test_either_code_can_be_set(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setenv("FORECAST_COUNTRY", code)

    assert read_settings().country == code
