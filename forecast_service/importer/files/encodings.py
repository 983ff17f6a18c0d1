"""Encodings of text files: named, marked by their first bytes, or recognised."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from charset_normalizer import from_bytes

from forecast_service.errors import FieldError, InvalidData, Remedy
from forecast_service.importer.files.columns import role_of

__all__ = ["in_utf8"]

UTF8_MARK = b"\xef\xbb\xbf"
MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# Of equally likely encodings the first one counts.
LIKELY = ("cp1252", "cp1250", "cp1251", "gb18030", "shift_jis", "big5", "euc_kr", "cp1253",
          "cp1254", "cp850", "mac_roman")  # fmt: skip
LATIN = frozenset(("cp1252", "cp1250", "cp1254", "cp850", "mac_roman"))
DENSE = 0.6  # share of letters beyond ASCII that no language in Latin letters has
SAMPLE_BYTES = 4 * 1024 * 1024
SAMPLE_WORDS = 2000
ALIKE = 0.02  # difference in disorder that tells nothing
MOSTLY = 0.9
LEAST_LETTERS = 4  # fewer are no text
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def in_utf8(content: bytes, name: str, encoding: str | None) -> tuple[bytes, str | None]:
    """The text in UTF-8 without a mark, and its encoding if that was recognised.

    Raises
    ------
    InvalidData
        The bytes are not text in the named encoding, or in any that can be recognised.
    """
    if encoding is not None:
        return _decoded(content, name, encoding), None
    if content.startswith(UTF8_MARK):
        content = content.removeprefix(UTF8_MARK)
    elif (found := _by_mark_or_zeros(content)) is not None:
        return _decoded(content, name, found), found
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = None if _is_damaged_utf8(content, error) else _likely(content)
        if found is None:
            raise _refusal(content, name, error) from error
        return _decoded(content, name, found), found
    return content, None


def _decoded(content: bytes, name: str, encoding: str) -> bytes:
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise InvalidData(
            f"'{name}' is not text in the encoding '{encoding}': {error}. Name its true encoding, "
            "or save it as 'CSV UTF-8'.",
            remedy=Remedy.NAME_ENCODING,
        ) from error
    return text.removeprefix("\ufeff").encode("utf-8")


def _by_mark_or_zeros(content: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or UTF-16 because every other byte is zero."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    start = content[:4096]
    half = len(start) // 2
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = start[offset::2].count(0), start[1 - offset :: 2].count(0)
        if half >= LEAST_LETTERS and zeros >= MOSTLY * half and not others:
            return encoding
    return None


def _is_damaged_utf8(content: bytes, error: UnicodeDecodeError) -> bool:
    """Whether a few bytes are wrong in text that has other letters in UTF-8."""
    return MULTIBYTE.search(content, 0, error.start) is not None


def _likely(content: bytes) -> str | None:
    """The encoding in which the words beyond ASCII look best and the header has known names."""
    sample = content[:SAMPLE_BYTES]
    words = re.split(rb"[;,\t|\r\n\"]", sample)
    odd = list(dict.fromkeys(word for word in words if BEYOND_ASCII.search(word)))
    matches = from_bytes(b"\n".join(odd[:SAMPLE_WORDS]), cp_isolation=list(LIKELY))
    disorder = {
        encoding: match.chaos for match in matches for encoding in match.could_be_from_charset
    }
    header = content.lstrip().split(b"\n", 1)[0]
    dense = _is_dense(odd)
    ranked = [
        (
            -_known_names(header, encoding),
            dense and encoding in LATIN,
            round(disorder[encoding] / ALIKE),
            rank,
            encoding,
        )
        for rank, encoding in enumerate(LIKELY)
        if encoding in disorder and _can_decode(content, encoding)
    ]
    return min(ranked)[-1] if ranked else None


def _is_dense(words: Sequence[bytes]) -> bool:
    """Whether most letters lie beyond ASCII, as in Cyrillic and Chinese."""
    letters = re.findall(rb"[A-Za-z\x80-\xff]", b"".join(words))
    beyond = sum(letter >= b"\x80" for letter in letters)
    return bool(beyond > DENSE * len(letters))


def _known_names(header: bytes, encoding: str) -> int:
    names: Sequence[str] = re.split(r"[;,\t|\"\r]", header.decode(encoding, errors="replace"))
    return sum(role_of(name) is not None for name in names)


def _can_decode(content: bytes, encoding: str) -> bool:
    try:
        codecs.decode(content, encoding)
    except UnicodeError:
        return False
    return True


def _refusal(content: bytes, name: str, error: UnicodeDecodeError) -> InvalidData:
    line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
    return InvalidData(
        f"'{name}' is not UTF-8: line {line} has the byte 0x{byte:02X}. "
        "Save it as 'CSV UTF-8', or name its encoding, such as 'cp1252'.",
        errors=(FieldError(f"line {line}", f"byte 0x{byte:02X} is not UTF-8"),),
        remedy=Remedy.NAME_ENCODING,
    )
