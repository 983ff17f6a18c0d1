"""Where a browser goes after a log-in: pages of this host only."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["local_path"]

HOME = "/"


def local_path(text: str | None) -> str:
    """The path to go to; the first page if the text could lead to another host.

    Example
    -------
    >>> local_path("/store/7?days=91"), local_path("//evil.example"), local_path("https:evil")
    ('/store/7?days=91', '/', '/')
    """
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return HOME
    # Browsers drop control characters from an address, and "/\t/evil.example" is "//evil.example".
    if not text.isprintable() or "\\" in text:
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else text
