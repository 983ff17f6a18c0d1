"""Passwords: which are refused, how they are kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from forecast_service.accounts.passwords import (
    MIN_LENGTH,
    generated_password,
    is_outdated,
    is_right,
    refuse_weak_password,
    stored_password,
)
from forecast_service.errors import InvalidRequest


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Passwort2026!",
        "P@ssw0rd!!!!2026",
        "Welcome-to-2026",
        "forecast-service",
        "willkommen123",
        "123456789012",
        "1234-5678-9012",
        "qwertyuiop[]",
        "qwertzuiopas",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "annika.berg2026",
        "bergberg!berg1",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidRequest, match="among the first that are guessed") as caught:
        refuse_weak_password(password, "annika.berg")

    assert password not in caught.value.detail


@pytest.mark.parametrize(
    "password",
    ["river sand copper moon", "Tr0ub4dor&3-x9", "store of old winter coats", "ein Esel im Regen"],
)
def test_others_are_allowed(password: str) -> None:
    refuse_weak_password(password, "annika.berg")


@pytest.mark.parametrize("length", [0, MIN_LENGTH - 1, 1001])
def test_a_password_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidRequest, match=f"The password has {length} characters"):
        refuse_weak_password("abcdefg xyz "[:1] * length, "ann")


def test_the_same_letters_are_the_same_password_however_they_are_composed() -> None:
    stored = stored_password("gru\u0308ne Wiese im Mai")

    assert is_right("gr\u00fcne Wiese im Mai", stored)
    assert not is_right("grune Wiese im Mai", stored)


def test_a_stored_password_does_not_contain_it_and_differs_each_time() -> None:
    first, second = stored_password("river sand copper"), stored_password("river sand copper")

    assert first.startswith("$argon2id$")
    assert first != second
    assert "river" not in first


def test_nothing_is_right_where_no_password_is_stored() -> None:
    assert not is_right("", None)
    assert not is_right("river sand copper", None)
    assert not is_right("river sand copper", "no hash")


def test_a_hash_with_other_parameters_is_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert not is_outdated(stored_password("x"))


def test_a_generated_password_is_allowed_and_new_each_time() -> None:
    made = {generated_password() for _ in range(50)}

    assert len(made) == 50
    for password in made:
        refuse_weak_password(password, "ann")
