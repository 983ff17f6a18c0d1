"""Follows a training run or an import to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from forecast_service.client.connection import Connection

__all__ = ["ENDED_IMPORTS", "ENDED_RUNS", "Progress", "RunFailed", "TimedOut", "follow"]

Progress = Callable[[Mapping[str, Any]], None]
POLL_SECONDS = (0.5, 10.0)  # the first and the longest pause between two looks
ENDED_RUNS = frozenset({"serving", "failed", "cancelled"})
ENDED_IMPORTS = frozenset({"done", "failed", "undone"})
FAILED = frozenset({"failed", "cancelled"})


class RunFailed(Exception):
    """A training run or an import ended without success; ``document`` is its record."""

    def __init__(self, sentence: str, document: Mapping[str, Any]) -> None:
        super().__init__(sentence)
        self.document = document


class TimedOut(Exception):
    """The wait was over before the work was; it goes on. ``document`` is its last record."""

    def __init__(self, sentence: str, document: Mapping[str, Any]) -> None:
        super().__init__(sentence)
        self.document = document


def follow(
    connection: Connection,
    path: str,
    ended: frozenset[str],
    seconds: float,
    progress: Progress | None,
) -> dict[str, Any]:
    """The record at ``path`` when its state is one of ``ended``.

    Raises
    ------
    RunFailed, TimedOut
        It ended without success; ``seconds`` are over.
    """
    deadline = time.monotonic() + seconds
    pause, longest = POLL_SECONDS
    while True:
        document: dict[str, Any] = connection.json("GET", path)
        if progress is not None:
            progress(document)
        if document["state"] in ended:
            break
        if time.monotonic() + pause > deadline:
            sentence = f"'{path}' is still {document['state']} after {seconds:g} seconds."
            raise TimedOut(sentence, document)
        time.sleep(pause)
        pause = min(pause * 1.5, longest)
    if document["state"] in FAILED:
        raise RunFailed(_failure(document), document)
    return document


def _failure(document: Mapping[str, Any]) -> str:
    error = document.get("error")
    if isinstance(error, Mapping):
        return str(error["detail"])
    return str(error or document.get("message") or f"It ended as {document['state']}.")
