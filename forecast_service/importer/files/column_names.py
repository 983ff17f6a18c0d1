"""Names of columns: their plain form, and identifiers that Amazon Forecast allows."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from forecast_service.local.files.reserved_names import RESERVED_WORDS

__all__ = [
    "OPEN",
    "attribute_name",
    "column_keys",
    "folded",
    "known_name",
    "plain_attribute_name",
    "shown_name",
    "shown_text",
    "snake",
    "unique_names",
]

MAX_NAME = 63  # characters of a schema attribute in the Amazon Forecast API
MARK = "__"  # before the encoded part of an identifier; ``snake`` never writes two underscores
HASH_DIGITS = 8
PRIVATE = 0xE000  # where ASCII signs go before they are encoded: Punycode copies them otherwise
UNFOLDED = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})

# The engine finds closed days by this name. So it is kept, although it is a reserved word.
OPEN = "open"


def snake(name: str) -> str:
    """A name in lower case with underscores: ``StateHoliday`` is ``state_holiday``.

    Letters and digits of any script stay, and so do signs that tell columns apart: ``Promo+``,
    ``Price €``, and a minus at the end.
    """
    text = unicodedata.normalize("NFKC", name).strip()
    minus = "-" if re.search(r"[^\W_]\s?[-–−]$", text) else ""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    kept = "".join(c if _is_kept(c) else "_" for c in parted.lower())
    return re.sub(r"_+", "_", kept.removesuffix("−")).strip("_") + minus


def folded(name: str) -> str:
    """A name for comparison with known words: no signs, no accents (``Größe`` is ``grosse``)."""
    text = unicodedata.normalize("NFKD", snake(name).translate(UNFOLDED))
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"_+", "_", "".join(c if c.isalnum() else "_" for c in text)).strip("_")


def attribute_name(name: str) -> str:
    """A valid name for a schema attribute: ``Type`` is ``type_field``.

    Other letters than a to z are encoded, so that different names stay different; ``shown_name``
    is the inverse.
    """
    text = snake(name)
    if not re.fullmatch(r"[a-z0-9_]*", text):
        return _encoded(text)
    return _valid(text)


def plain_attribute_name(name: str) -> str:
    """A valid name without the letters that are not allowed: ``Größe`` is ``gr_e``.

    Different names may become one. Stores keep their attributes under their own names beside it.
    """
    return _valid(re.sub(r"[^a-z0-9]+", "_", snake(name)).strip("_"))


def shown_name(name: str) -> str:
    """The name of the column behind a schema attribute: ``type_field`` is ``type``."""
    if MARK in name:
        return _decoded(name)
    own = name.removesuffix("_field")
    return own if own.upper() in RESERVED_WORDS else name


def shown_text(text: str) -> str:
    """A sentence about schema attributes with the names of their columns."""
    return re.sub(rf"\b[a-z][a-z0-9_]*{MARK}[a-z0-9]+\b", lambda name: shown_name(name[0]), text)


def known_name(title: str, names: Iterable[str]) -> str | None:
    """The one of these schema attributes that a column belongs to.

    Earlier versions knew a to z only: their names still count.
    """
    known = set(names)
    spellings = (title, attribute_name(title), plain_attribute_name(title))
    return next((name for name in spellings if name in known), None)


def unique_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names, with ``_2``, ``_3`` … added to repeated ones and to those in ``taken``."""
    seen = set(taken)
    result: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in seen:
            number += 1
            candidate = f"{name[: MAX_NAME - 4]}_{number}"
        seen.add(candidate)
        result.append(candidate)
    return result


def column_keys(titles: Sequence[str]) -> Mapping[str, str]:
    """Title -> plain name, with a number where several columns of a file have the same.

    The numbers follow the alphabet, so that the order of the columns does not matter.
    """
    ordered = sorted(titles)
    return dict(zip(ordered, unique_names(snake(title) for title in ordered), strict=True))


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    return character == "%" or category[0] in "LNS" or category in ("Mn", "Mc")


def _valid(text: str) -> str:
    text = text or "field"
    if not text[0].isalpha():
        text = f"field_{text}"
    if text.upper() in RESERVED_WORDS and text != OPEN:
        text = f"{text}_field"
    return text[:MAX_NAME].rstrip("_")


def _encoded(text: str) -> str:
    """An identifier by Punycode: the letters a to z, then ``__`` and the places of the others."""
    text = "".join(c if _is_plain(c) else chr(PRIVATE + ord(c)) if c.isascii() else c for c in text)
    plain, _, others = text.encode("punycode").decode("ascii").rpartition("-")
    start = plain if plain[:1].isalpha() else f"u_{plain}" if plain else "u"
    name = f"{start}{MARK}{others.lower()}"
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
    return f"{name[: MAX_NAME - HASH_DIGITS - 1]}_{digest}"


def _decoded(name: str) -> str:
    plain, _, others = name.rpartition(MARK)
    start = plain.removeprefix("u_") if plain.startswith("u_") else "" if plain == "u" else plain
    try:
        text = (f"{start}-{others}" if start else others).encode("ascii").decode("punycode")
    except UnicodeError:
        return name
    text = "".join(chr(ord(c) - PRIVATE) if PRIVATE <= ord(c) < PRIVATE + 128 else c for c in text)
    return text if attribute_name(text) == name else name


def _is_plain(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())
