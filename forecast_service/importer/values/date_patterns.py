"""Date patterns: the usual ways to write dates, weeks and months."""

from __future__ import annotations

import re

from forecast_service.importer.values.month_names import month_number, without_weekday

__all__ = [
    "COMPACT",
    "DOTTED",
    "MONTH",
    "SERIAL",
    "SLASHED",
    "WEEK",
    "WEEK_TITLE",
    "YEAR_FIRST",
    "full_year",
    "named",
    "without_time",
]

CENTURY_TURN = 70  # a year of two digits: 69 is 2069, 70 is 1970

TIME = re.compile(
    r"(?<=[\d日])(?:T|\s)\s*(\d{1,2})[:h](\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(?:([ap])\.?m\.?)?"
    r"\s*(?:Uhr)?\s*(?:Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d\d?)\2(\d\d?)|(\d\d)(\d\d)|年(\d\d?)月(\d\d?)日)")
DOTTED = re.compile(r"(\d\d?)\.\s*(\d\d?)\.\s*(\d{4}|\d\d)")
SLASHED = re.compile(r"(\d\d?)([/-])(\d\d?)\2(\d{4}|\d\d)")
NAMED = re.compile(
    r"(\d\d?)(?:st|nd|rd|th)?[.\s-]*(?:de\s+)?([^\W\d_]+)\.?,?(?:\s+de)?[\s-]*(\d{4}|\d\d)"
)
NAME_FIRST = re.compile(r"([^\W\d_]+)\.?[\s-]+(\d\d?)(?:st|nd|rd|th)?(?:,\s*|\s+|-)(\d{4})")
YEAR_THEN_NAME = re.compile(r"(\d{4})[\s-]+([^\W\d_]+)\.?(?:[\s-]+(\d\d?))?")
MONTH = re.compile(
    r"(\d{4})(?:[-/.](\d\d?)|\s?M(\d\d?)|年(\d\d?)月)|(\d\d?)[/.-](\d{4})", re.IGNORECASE
)
NAMED_MONTH = re.compile(r"([^\W\d_]+)\.?[\s/-]+(\d{4}|\d\d)")
WEEK = re.compile(
    r"(\d{4})[\s/-]*(?:W|KW|WK|Week|S|Sem|V)[\s.-]*(\d\d?)(?:-?([1-7]))?"
    r"|(?:W|KW|WK|Week|S|Sem|V)[\s.-]*(\d\d?)[\s/-]*(\d{4})",
    re.IGNORECASE,
)
COMPACT = re.compile(r"(\d{4})(\d\d)")
SERIAL = re.compile(r"(\d{5})(?:[.,]0*)?")
WEEK_TITLE = re.compile(r"week|woche|semaine|semana|settimana|tydzie|\bkw\b|\bwk", re.IGNORECASE)


def without_time(text: str) -> tuple[str, bool]:
    """The date in a text, and whether its time of day, if any, is midnight."""
    text = without_weekday(text)
    match = TIME.search(text)
    if match is None or match.end() != len(text):
        return text, True
    hour, minute, second, half = match[1], match[2], match[3], (match[4] or "").lower()
    is_zero = int(hour) == 0 if half != "a" else int(hour) in (0, 12)
    midnight = is_zero and half != "p" and int(minute) == 0 and int(second or 0) == 0
    return text[: match.start()].rstrip(" ,"), midnight


def full_year(text: str) -> int:
    """The year of a text of four or two digits."""
    if len(text) == 4:
        return int(text)
    return int(text) + (1900 if int(text) >= CENTURY_TURN else 2000)


def named(date: str) -> tuple[int, int, int] | None:
    """Year, month and day of a date with the name of its month."""
    if match := NAMED.fullmatch(date):
        day, name, year = match[1], match[2], match[3]
    elif match := NAME_FIRST.fullmatch(date):
        name, day, year = match[1], match[2], match[3]
    elif match := YEAR_THEN_NAME.fullmatch(date):
        year, name, day = match[1], match[2], match[3] or "1"
    elif match := NAMED_MONTH.fullmatch(date):
        name, year, day = match[1], match[2], "1"
    else:
        return None
    month = month_number(name)
    return None if month is None else (full_year(year), month, int(day))
