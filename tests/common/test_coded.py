"""Coded sentences: each is known again by its wording, with its values."""

from __future__ import annotations

from string import Formatter

import pytest

from forecast_service.common.wording.coded import said, say, sentences_in
from forecast_service.common.wording.wordings import PHRASES, SENTENCES

ALL = {**SENTENCES, **PHRASES}
STALE = ("all_days_passed", "newer_data")


@pytest.mark.parametrize("code", [code for code in ALL if code != "both"])
def test_a_sentence_is_known_again_with_its_values(code: str) -> None:
    wording = ALL[code]
    fields = [(name, kind) for _, name, kind, _ in Formatter().parse(wording) if name]
    values = {name: 12_345 if kind else f"x{name}" for name, kind in fields}

    text = say(code, **values)

    assert said(text, is_value=code in PHRASES) == {"text": text, "code": code, "values": values}


def test_a_document_tells_its_sentences_and_those_within_their_values() -> None:
    reason = say("few_open_days", least=28, days=9)
    text = say("algorithm_not_used_because", algorithm="Prophet", reason=reason)

    found = sentences_in({"provenance": {"fallback": text}, "name": "Sunday"})

    assert [sentence["text"] for sentence in found] == [text, reason]


def test_sentences_that_were_put_together_are_told_one_by_one() -> None:
    values = {"first": "2026-11-02", "last": "2026-11-29", "data_until": "2026-11-01"}
    parts = [say(code, **values, last_sale_on="2026-11-20") for code in STALE]

    found = sentences_in({"stale": "; ".join(parts)})

    assert [sentence["code"] for sentence in found] == ["both", *STALE]


def test_an_unknown_text_has_no_code() -> None:
    assert sentences_in({"notes": ["Something else was found.", "Monday"]}) == []


def test_faults_with_their_places_are_told_one_by_one() -> None:
    fault = say("empty_cell", column="Sales")
    faults = f"line 2: {say('no_number', column='Sales', value='x')}; line 3: {fault}"

    found = sentences_in([say("file_refused", file="sales.csv", faults=f"{faults}; and 37 more")])

    codes = [sentence["code"] for sentence in found]
    assert codes.count("at_place") == 2
    assert {"file_refused", "no_number", "empty_cell", "and_more"} <= set(codes)
