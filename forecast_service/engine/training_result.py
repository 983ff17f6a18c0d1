"""What a training gives, and what the next one needs of it: as arrays, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.backtest import Metrics, average_metrics
from forecast_service.engine.changes import Content

__all__ = ["Kept", "Trained", "Window"]


@dataclass(frozen=True)
class Window:
    """Accuracy in one test window, for ``GetAccuracyMetrics``."""

    start: np.datetime64
    """First tested period."""
    end: np.datetime64
    """First period after the window: exclusive, as Amazon reports it."""
    item_count: int
    """Series with at least one known value in the window."""
    metrics: Metrics


@dataclass(frozen=True)
class Kept:
    """How old what an earlier training learned is, and how many series changed since then.

    ``tested_until``: last period of the panel on which weights, calibration and accuracy rest;
    ``rewritten`` series have another past since then, are new or gone. ``shared_until``: last
    period of the panel on which all series were fitted together; ``changed`` ones differ since.
    ``notes`` are sentences about the accuracy.
    """

    tested_until: np.datetime64
    shared_until: np.datetime64
    notes: tuple[str, ...] = ()
    rewritten: int = 0
    changed: int = 0


@dataclass(frozen=True)
class Trained:
    """What a training gives: the model, its accuracy, and what has to be said about both."""

    fitted: Fitted
    windows: tuple[Window, ...]
    """Most recent first; empty when the history allows no window (``notes`` says so)."""
    notes: tuple[str, ...]
    """Sentences about the training as a whole; ``fitted.notes`` has those about one series."""
    content: Content
    kept: Kept
    keeps: bool = False
    """Whether something was kept from an earlier training."""

    @property
    def summary(self) -> Metrics | None:
        """Each metric averaged over the windows; None without a window."""
        return average_metrics([window.metrics for window in self.windows])

    def memory(self) -> dict[str, npt.NDArray[np.generic]]:
        """All but the model, as arrays without Python objects."""
        facts = {
            "windows": [_plain(window) for window in self.windows],
            "kept": asdict(self.kept),
            "notes": self.notes,
        }
        return {
            **self.content.to_arrays(),
            "facts": np.array([json.dumps(facts, default=str)], dtype=np.str_),
        }

    @classmethod
    def remembered(cls, fitted: Fitted, memory: Mapping[str, npt.NDArray[np.generic]]) -> Trained:
        """The training that gave this model and this ``memory``."""
        facts = json.loads(str(memory["facts"][0]))
        return cls(
            fitted=fitted,
            windows=tuple(_window(each) for each in facts["windows"]),
            notes=tuple(facts["notes"]),
            content=Content.from_arrays(memory),
            kept=Kept(
                tested_until=np.datetime64(facts["kept"].pop("tested_until"), "s"),
                shared_until=np.datetime64(facts["kept"].pop("shared_until"), "s"),
                notes=tuple(facts["kept"].pop("notes")),
                **facts["kept"],
            ),
        )


def _plain(window: Window) -> dict[str, Any]:
    """A window as JSON can say it; the levels of wQL, which are numbers, as pairs."""
    metrics = {**window.metrics, "wQL": list(window.metrics["wQL"].items())}
    times = {"start": str(window.start), "end": str(window.end)}
    return {**times, "item_count": window.item_count, "metrics": metrics}


def _window(plain: Mapping[str, Any]) -> Window:
    metrics: dict[str, Any] = {**plain["metrics"], "wQL": dict(plain["metrics"]["wQL"])}
    return Window(
        start=np.datetime64(plain["start"], "s"),
        end=np.datetime64(plain["end"], "s"),
        item_count=plain["item_count"],
        metrics=Metrics(**metrics),  # type: ignore[typeddict-item]
    )
