"""Who acts now: set at the edges, read where a change is recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["SERVICE", "Actor", "acting", "acting_as", "actor"]


@dataclass(frozen=True)
class Actor:
    """Who does something: a caller of HTTP, a command, or the service itself."""

    kind: str
    """``user``, ``key``, ``open``, ``command`` or ``service``."""
    name: str
    address: str | None = None
    """Address of the network that the request came from."""


SERVICE = Actor("service", "service")

acting: ContextVar[Callable[[], Actor] | None] = ContextVar("acting", default=None)
"""Tells who acts in this request or command; asked only when something is recorded."""


def actor() -> Actor:
    """Who acts now; the service itself outside requests and commands."""
    known = acting.get()
    return SERVICE if known is None else known()


@contextlib.contextmanager
def acting_as(who: Actor) -> Iterator[None]:
    """Record changes as those of ``who``."""
    token = acting.set(lambda: who)
    try:
        yield
    finally:
        acting.reset(token)
