"""Told: answers whose sentences have a code and values, for programs and for other languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.common.wording.coded import sentences_in

__all__ = ["told"]


def told(document: Mapping[str, Any], *within: Any) -> dict[str, Any]:
    """The document with ``sentences``: code and values of its sentences, or of those ``within``.

    A document without any stays as it is.
    """
    sentences = sentences_in(within or document)
    return {**document, "sentences": sentences} if sentences else dict(document)
