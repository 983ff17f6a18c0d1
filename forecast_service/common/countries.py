"""The countries whose public holidays Amazon Forecast knows, by their two letters."""

from __future__ import annotations

__all__ = ["HOLIDAY_COUNTRIES"]

_CODES = (
    "AE AL AR AT AU BA BE BG BO BR BY CA CH CL CO CR CZ DE DK EC EE ES ET FI FR GR HR HU IE IN IS "
    "IT JP KR KZ LI LT LU LV MD ME MK MT MX NG NI NL NO NZ PA PE PL PT PY RO RS RU SE SI SK UA UK "
    "US UY VE ZA"
)
HOLIDAY_COUNTRIES = _CODES.split()
