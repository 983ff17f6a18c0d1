"""Languages of the pages: which one a request gets, and its texts.

English texts are the keys of the catalogs. ``texts/<language>/*scripts.po`` are the texts of
scripts, all other ``.po`` files those of templates. They are compiled in memory.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Request

__all__ = ["LANGUAGES", "language_of", "script_texts", "translations"]

LANGUAGES = {"en": "English", "de": "Deutsch"}
FOLDER = Path(__file__).parent / "texts"
COOKIE = "language"


def language_of(request: Request) -> str:
    """The language that the person chose, else the one that the browser asks for."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES), default="en") or "en"


@cache
def translations(language: str) -> Translations:
    """Texts of the templates in this language."""
    merged = Translations()
    for path in _catalogs(language, of_scripts=False):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
        compiled.seek(0)
        merged.merge(Translations(compiled))
    return merged


@cache
def script_texts(language: str) -> str:
    """Texts of the scripts, by the English ones, as JSON that is safe within a page."""
    texts = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for path in _catalogs(language, of_scripts=True)
        for message in _messages(path, language)
    }
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _messages(path: Path, language: str) -> Iterator[Message]:
    with path.open("rb") as file:
        yield from (message for message in read_po(file, locale=language) if message.id)


def _catalogs(language: str, *, of_scripts: bool) -> list[Path]:
    paths = sorted((FOLDER / language).glob("*.po"))
    return [path for path in paths if path.stem.endswith("scripts") == of_scripts]
