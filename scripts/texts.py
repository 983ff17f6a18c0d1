"""Compare the texts of the dashboard with its catalogs.

    python scripts/texts.py      prints the texts that a catalog lacks, and those that nothing uses

tests/dashboard/test_texts.py tests the same. English texts are the keys; they need no catalog.
Texts of scripts are in files ``*scripts.po``, texts of templates in the others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from forecast_service.common.wording.wordings import PHRASES, SENTENCES

DASHBOARD = Path(__file__).parents[1] / "forecast_service" / "dashboard"
SCRIPT_KEYWORDS = {"t": None, "n": (1, 2)}
TEMPLATE_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def used_texts(*, of_scripts: bool) -> set[str]:
    """English texts in the sources; of a text with a plural, the singular.

    Scripts also use the sentences of the service, by their codes.
    """
    if of_scripts:
        of_service = {f"wording:{code}" for code in (*SENTENCES, *PHRASES)}
        return of_service | set(_extracted("static/js", [("**.js", "javascript")], SCRIPT_KEYWORDS))
    return set(
        _extracted("templates", [("**.html", "jinja2.ext:babel_extract")], TEMPLATE_KEYWORDS)
    )


def translated_texts(language: str, *, of_scripts: bool) -> dict[str, tuple[str, ...]]:
    """Translations in the catalogs of a language, by the English text."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((DASHBOARD / "texts" / language).glob("*.po")):
        if path.stem.endswith("scripts") != of_scripts:
            continue
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id and not message.fuzzy:
                    key, texts = message.id, message.string
                    key = key if isinstance(key, str) else key[0]
                    found[key] = (texts,) if isinstance(texts, str) else tuple(texts)
    return found


def languages() -> list[str]:
    """Languages with catalogs."""
    return sorted(path.name for path in (DASHBOARD / "texts").iterdir() if path.is_dir())


def findings() -> Iterator[str]:
    """A sentence for each text that lacks a translation or is not used."""
    for language in languages():
        for of_scripts in (False, True):
            used = used_texts(of_scripts=of_scripts)
            known = translated_texts(language, of_scripts=of_scripts)
            done = {key for key, texts in known.items() if all(texts)}
            where = "scripts" if of_scripts else "templates"
            yield from (f"{language}, {where}: missing: {text}" for text in sorted(used - done))
            yield from (
                f"{language}, {where}: unused: {text}" for text in sorted(set(known) - used)
            )


def _extracted(
    folder: str, methods: list[tuple[str, str]], keywords: dict[str, tuple[int, ...] | None]
) -> Iterator[str]:
    options = {"**.js": {"parse_template_string": "true"}}
    rows = extract_from_dir(DASHBOARD / folder, methods, options, keywords=keywords)
    for _, _, message, _, _ in rows:
        yield message if isinstance(message, str) else message[0]


if __name__ == "__main__":
    sentences = list(findings())
    print("\n".join(sentences) or "All texts are translated and used.")
    sys.exit(bool(sentences))
