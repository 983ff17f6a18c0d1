"""Findings of pydantic in our own words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecast_service.common.sentences import sentence, shown


class Sample(BaseModel):
    """One field of each kind that has its own sentence."""

    model_config = ConfigDict(strict=True, extra="forbid")

    flag: bool = False
    kind: Literal["a", "b"] = "a"
    limit: Annotated[int, Field(ge=1, le=9)] = 1
    name: Annotated[str, Field(min_length=1, max_length=3)] = "n"
    names: Annotated[list[str], Field(max_length=1)] = []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"flag": "yes"}, "is not allowed: send true or false, not 'yes'"),
        ({"kind": "c"}, "is not allowed: send 'a' or 'b', not 'c'"),
        ({"limit": 0}, "is not allowed: send a number of at least 1, not 0"),
        ({"limit": 10}, "is not allowed: send a number of at most 9, not 10"),
        ({"limit": None}, "is not allowed: send a whole number, not null"),
        ({"limit": [1]}, "is not allowed: send a whole number, not a list"),
        ({"limit": {}}, "is not allowed: send a whole number, not an object"),
        ({"name": "long"}, "is not allowed: send text of at most 3 characters, not 'long'"),
        ({"names": ["a", "b"]}, "is not allowed: send a list of at most 1, not 2"),
        ({"other": 1}, "is unknown; leave it out"),
        ([], "is not allowed: send an object, not a list"),
    ],
)
def test_a_finding_says_what_is_allowed_and_what_was_found(value: Any, expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Sample.model_validate(value)

    assert sentence(refused.value.errors()) == expected


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 1000)) < 50
