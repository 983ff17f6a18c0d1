"""Attempt: one log-in at the identity provider that is under way."""

from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["Attempt"]


@dataclass(frozen=True)
class Attempt:
    """What the browser that began a log-in must come back with; nobody else can know it."""

    state: str
    nonce: str
    code_verifier: str
    next: str
    """The page to show then."""

    def to_dict(self) -> dict[str, str]:
        """The attempt as JSON values."""
        return asdict(self)
