"""Sentences with a code: said from a wording, and known again by it.

Models, tables and files keep sentences as text. ``sentences_in`` finds the code and the values of
each, from the same wording that made it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from string import Formatter
from typing import Any

from forecast_service.common.wording.wordings import PHRASES, SENTENCES

__all__ = ["said", "say", "sentences_in"]

NUMBER = r"-?\d[\d,]*"
JOINT = "; "  # between sentences that were put together
ONE, ANY = rf"(?:(?!{JOINT}).)+?", ".+?"
JOINED = ("faults", "fault", "reason")  # values that may be several sentences
MOST_KEPT = 2048

Said = dict[str, Any]
Patterns = tuple[tuple[str, re.Pattern[str], frozenset[str]], ...]


def say(code: str, /, **values: Any) -> str:
    """The English sentence or phrase with this code.

    >>> say("rows_taken_out", rows=1200)
    'Rows taken out of the sales: 1,200.'
    """
    return (SENTENCES.get(code) or PHRASES[code]).format(**values)


def said(text: str, *, is_value: bool = False) -> Said | None:
    """The code and the values of a sentence; None if it has none.

    >>> said("Rows taken out of the sales: 1,200.")["values"]
    {'rows': 1200}
    """
    return _said(text, is_value)


def sentences_in(document: Any) -> list[Said]:
    """Every sentence with a code in the texts of a JSON document and in their values, each once."""
    found: dict[str, Said] = {}
    for text in _texts(document):
        _collect(text, found, is_value=False)
    return list(found.values())


def _collect(text: str, found: dict[str, Said], *, is_value: bool) -> None:
    sentence = None if text in found else _known(text, is_value)
    if sentence is None:
        return
    found[text] = sentence
    for value in sentence["values"].values():
        if isinstance(value, str):
            _collect(value, found, is_value=is_value or sentence["code"] != "both")


@lru_cache(maxsize=MOST_KEPT)
def _said(text: str, is_value: bool) -> Said | None:
    for code, pattern, numbers in _patterns(is_value):
        match = pattern.fullmatch(text)
        if match is not None:
            values = {
                name: int(value.replace(",", "")) if name in numbers else value
                for name, value in match.groupdict().items()
            }
            return {"text": text, "code": code, "values": values}
    return None


def _joined(text: str, is_value: bool) -> Said | None:
    """Two sentences that were put together; the second may be unknown outside of a value."""
    places = [match.start() for match in re.finditer(re.escape(JOINT), text)]
    pairs = [(text[:place], text[place + len(JOINT) :]) for place in places]
    known = [pair for pair in pairs if _said(pair[0], is_value) is not None]
    whole = (pair for pair in known if _said(pair[1], is_value) or _joined(pair[1], is_value))
    found = next(whole, None if is_value else next(iter(known), None))
    if found is None:
        return None
    return {
        "text": text,
        "code": "both",
        "values": dict(zip(("first", "second"), found, strict=True)),
    }


def _known(text: str, is_value: bool) -> Said | None:
    if is_value:
        return _joined(text, is_value) or _said(text, is_value)
    return _said(text, is_value) or _joined(text, is_value)


@cache
def _patterns(is_value: bool) -> Patterns:
    """Patterns of all wordings; those with most words of their own come first."""
    wordings = {**SENTENCES, **(PHRASES if is_value else {})}
    wordings.pop("both", None)  # see _joined
    order = sorted(wordings, key=lambda code: -len(re.sub(r"\{[^}]*\}", "", wordings[code])))
    return tuple((code, *_pattern(wordings[code])) for code in order)


def _pattern(wording: str) -> tuple[re.Pattern[str], frozenset[str]]:
    parts, numbers, seen = [], set(), set()
    for literal, name, kind, _ in Formatter().parse(wording):
        parts.append(re.escape(literal))
        if name is None:
            continue
        if name in seen:
            parts.append(f"(?P={name})")
            continue
        seen.add(name)
        if kind:
            numbers.add(name)
        value = NUMBER if kind else ANY if name in JOINED else ONE
        parts.append(f"(?P<{name}>{value})")
    return re.compile("".join(parts), re.DOTALL), frozenset(numbers)


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        if " " in document:  # a name or a date is no sentence
            yield document
    elif isinstance(document, Mapping):
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _texts(value)
