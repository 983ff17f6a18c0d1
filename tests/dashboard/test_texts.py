"""Texts of the pages: complete in every language, in the language that a browser asks for."""

from __future__ import annotations

import pytest
from flask import Flask

from scripts.texts import findings


def test_every_text_is_translated_and_used() -> None:
    assert list(findings()) == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("de-AT,de;q=0.9,en;q=0.5", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_the_page_has_the_language_of_the_browser(
    empty_app: Flask, accepted: str, language: str
) -> None:
    page = empty_app.test_client().get("/", headers={"Accept-Language": accepted})

    assert f'<html lang="{language}"' in page.text
    assert ("Übersicht" in page.text) == (language == "de")


def test_the_chosen_language_counts_more_than_the_one_of_the_browser(empty_app: Flask) -> None:
    client = empty_app.test_client()
    client.set_cookie("language", "en")

    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "de"}).text


def test_an_unknown_language_in_the_cookie_is_ignored(empty_app: Flask) -> None:
    client = empty_app.test_client()
    client.set_cookie("language", "../xx")

    assert '<html lang="en"' in client.get("/").text
