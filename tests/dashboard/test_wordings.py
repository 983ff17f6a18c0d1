"""Wordings: the pages word every sentence of the service, by its code and values."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from forecast_service.common.wording.wordings import PHRASES, SENTENCES
from scripts.texts import languages, translated_texts

ALL = {**SENTENCES, **PHRASES}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("code", ALL)
def test_every_code_of_the_service_is_worded_with_values_that_it_has(
    language: str, code: str
) -> None:
    (worded,) = translated_texts(language, of_scripts=True)[f"wording:{code}"]

    used = set(re.findall(r"%\((\w+)\)s", worded))
    assert worded
    assert used <= {name for _, name, _, _ in Formatter().parse(ALL[code]) if name}
