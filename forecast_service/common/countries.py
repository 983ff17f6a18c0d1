"""The countries whose public holidays Amazon Forecast knows, and the two names of one of them."""

from __future__ import annotations

__all__ = ["AMAZON_COUNTRIES", "COUNTRIES", "amazon_country", "iso_country"]

_CODES = (
    "AE AL AR AT AU BA BE BG BO BR BY CA CH CL CO CR CZ DE DK EC EE ES ET FI FR GR HR HU IE IN IS "
    "IT JP KR KZ LI LT LU LV MD ME MK MT MX NG NI NL NO NZ PA PE PL PT PY RO RS RU SE SI SK UA UK "
    "US UY VE ZA"
)
_ISO = {"UK": "GB"}  # every other code of Amazon is the one of ISO 3166
_AMAZON = {iso: amazon for amazon, iso in _ISO.items()}

AMAZON_COUNTRIES = tuple(_CODES.split())
"""Amazon's codes: what its API takes."""
COUNTRIES = tuple(sorted({*AMAZON_COUNTRIES, *_AMAZON}))
"""The same countries by Amazon's codes and by those of ISO 3166."""


def amazon_country(code: str) -> str:
    """Amazon's code of a country: ``UK`` for ``GB``."""
    return _AMAZON.get(code, code)


def iso_country(code: str) -> str:
    """The code of ISO 3166 of a country: ``GB`` for ``UK``."""
    return _ISO.get(code, code)
