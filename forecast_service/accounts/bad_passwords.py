"""Passwords that are guessed first, at least those that are long enough to be allowed."""

from __future__ import annotations

import re

__all__ = ["is_bad"]

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


def is_bad(password: str, name: str) -> bool:
    """Whether a password is little more than well-known words, a row of keys or the name.

    Example
    -------
    >>> is_bad("Password2026!", "ann"), is_bad("abcabcabcabcabc", "ann")
    (True, True)
    >>> is_bad("annannannann", "ann"), is_bad("river sand copper moon", "ann")
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
