"""natural_order: numbers in names are compared as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_service.common.names import natural_order


@pytest.mark.parametrize(
    "names",
    [
        ["1", "2", "10"],
        ["CA_1", "CA_2", "CA_10"],
        ["CA_2", "CA_2b", "CA_10", "TX_1"],
        ["007", "07", "7", "8"],
        ["2", "10", "CA_1", "S2", "Ü & Söhne", "é"],
        ["9", "9" * 30, "1" + "0" * 30],
        ["2-9", "2-10", "10-1"],
    ],
)
def test_numbers_in_names_are_compared_as_numbers(names: list[str]) -> None:
    shuffled = names[::-1]

    assert sorted(shuffled, key=natural_order) == names


@given(st.integers(min_value=0), st.integers(min_value=0), st.text("abC _-é", max_size=5))
def test_names_with_the_same_beginning_are_in_the_order_of_their_numbers(
    first: int, second: int, beginning: str
) -> None:
    names = [f"{beginning}{number}" for number in (first, second)]

    assert (natural_order(names[0]) < natural_order(names[1])) == (first < second)


@given(st.lists(st.text(max_size=8), unique=True))
def test_every_two_names_have_an_order(names: list[str]) -> None:
    assert len({natural_order(name) for name in names}) == len(names)
