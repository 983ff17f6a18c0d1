"""Passwords: which are allowed, how they are stored (argon2id), how they are compared."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forecast_service.errors import FieldError, InvalidRequest

__all__ = [
    "MAX_LENGTH",
    "MIN_LENGTH",
    "generated_password",
    "is_outdated",
    "is_right",
    "prepare",
    "refuse_weak_password",
    "stored_password",
]

MIN_LENGTH, MAX_LENGTH = 12, 1000
# OWASP's first recommendation: 19 MiB and two passes, about 20 ms. A hash names its parameters.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
GROUPS, GROUP_LETTERS = 4, 5  # 99 bits

# The words in most of the passwords that were ever published, and the ones of this service.
WORDS = (
    "admin",
    "administrator",
    "changeme",
    "demand",
    "dragon",
    "football",
    "forecast",
    "geheim",
    "hallo",
    "iloveyou",
    "kennwort",
    "letmein",
    "login",
    "monkey",
    "passwd",
    "password",
    "passwort",
    "planner",
    "princess",
    "qwerty",
    "qwertyuiop",
    "qwertz",
    "sales",
    "schatz",
    "secret",
    "service",
    "sommer",
    "store",
    "summer",
    "sunshine",
    "superman",
    "test",
    "trustno",
    "viewer",
    "welcome",
    "willkommen",
    "winter",
)
ROWS = (
    "01234567890123456789",
    "09876543210987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6zhn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1q2w3e4r5t6z7u8i9o0p",
)
LEET = str.maketrans("013457@$!", "oieastasi")
MOST_OTHERS = 5  # letters that may remain beside well-known words
FEWEST_DIFFERENT = 4


def prepare() -> None:
    """Compute what is computed once, so that the first comparison does not take longer."""
    _hash_of_nobody()


def stored_password(password: str) -> str:
    """What is stored for a password."""
    return HASHER.hash(_normal(password))


def is_right(password: str, stored: str | None) -> bool:
    """Whether this is the password; with nothing stored it takes as long, and is false."""
    try:
        HASHER.verify(stored or _hash_of_nobody(), _normal(password)[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash has other parameters than new ones."""
    return HASHER.check_needs_rehash(stored)


def generated_password() -> str:
    """A new password that cannot be guessed and is easily read: ``k7m2p-…``."""
    groups = ("".join(map(secrets.choice, [LETTERS] * GROUP_LETTERS)) for _ in range(GROUPS))
    return "-".join(groups)


def refuse_weak_password(password: str, name: str) -> None:
    """Refuse a new password of this user that is too short, or among the first that are guessed.

    Raises
    ------
    InvalidRequest
        The sentence never repeats the password.
    """
    text = _normal(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise _refusal(
            f"The password has {len(text)} characters. Use {MIN_LENGTH} to {MAX_LENGTH}, for "
            "example four words."
        )
    if _is_bad(text, name):
        raise _refusal(
            "The password is among the first that are guessed. Use four words that have nothing "
            "to do with each other, or with you."
        )


def _refusal(sentence: str) -> InvalidRequest:
    return InvalidRequest(sentence, errors=(FieldError("/password", "choose another one"),))


def _normal(password: str) -> str:
    """One form for what looks the same: keyboards and systems compose letters differently."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hash_of_nobody() -> str:
    return HASHER.hash(secrets.token_hex(16))


def _is_bad(password: str, name: str) -> bool:
    """Whether a password is little more than well-known words, a row of keys or the name.

    Example
    -------
    >>> _is_bad("Password2026!", "ann"), _is_bad("abcabcabcabcabc", "ann")
    (True, True)
    >>> _is_bad("annannannann", "ann"), _is_bad("river sand copper moon", "ann")
    (True, False)
    """
    text = password.casefold()
    bare = re.sub(r"[\W_]", "", text)
    if len(set(text)) < FEWEST_DIFFERENT or any(bare in row for row in ROWS):
        return True
    own = {part for part in re.split(r"[^\w]+", name.casefold()) if len(part) > 2}
    return any(_others(form, own) <= MOST_OTHERS for form in (text, text.translate(LEET)))


def _others(text: str, own: set[str]) -> int:
    """Number of letters and digits outside well-known words, if there is one; else all count.

    Years, single digits and signs are what people add to a word, so digits do not count.
    """
    rest = text
    for word in sorted({*WORDS, *own, *ROWS}, key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest == text:
        return len(text)
    return len(re.sub(r"[\W\d_]", "", rest))
