"""Countries with public holidays in Amazon Forecast, by Amazon's codes and by ISO 3166."""

from __future__ import annotations

__all__ = ["AMAZON_COUNTRIES", "COUNTRIES", "amazon_country", "iso_country"]

_CODES = (
    "AE AL AR AT AU BA BE BG BO BR BY CA CH CL CO CR CZ DE DK EC EE ES ET FI FR GR HR HU IE IN IS "
    "IT JP KR KZ LI LT LU LV MD ME MK MT MX NG NI NL NO NZ PA PE PL PT PY RO RS RU SE SI SK UA UK "
    "US UY VE ZA"
)
_ISO = {"UK": "GB"}  # Amazon's other codes are those of ISO 3166
_AMAZON = {iso: amazon for amazon, iso in _ISO.items()}

AMAZON_COUNTRIES = tuple(_CODES.split())
"""Amazon's codes, which its API accepts."""
COUNTRIES = tuple(sorted({*AMAZON_COUNTRIES, *_AMAZON}))
"""Amazon's codes and those of ISO 3166, for the same countries."""


def amazon_country(code: str) -> str:
    """Amazon's code for a country: ``UK`` for ``GB``."""
    return _AMAZON.get(code, code)


def iso_country(code: str) -> str:
    """The ISO 3166 code for a country: ``GB`` for ``UK``."""
    return _ISO.get(code, code)
