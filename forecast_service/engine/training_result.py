"""The result of a training, and the record of it that the next training needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.backtest import Backtest, Metrics, average_metrics
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
    """Age of the parts kept from an earlier training, and number of series changed since.

    ``tested_until``: last period of the data behind weights, calibration and accuracy;
    ``rewritten``: series that since then are new, gone or have a changed past. ``shared_until``:
    last period of the data of the shared effects; ``changed``: series that differ since then.
    ``notes`` are sentences about the accuracy.
    """

    tested_until: np.datetime64
    shared_until: np.datetime64
    notes: tuple[str, ...] = ()
    rewritten: int = 0
    changed: int = 0


@dataclass(frozen=True)
class Trained:
    """The result of a training: the model, its accuracy, and notes about both."""

    fitted: Fitted
    windows: tuple[Window, ...]
    """Most recent first; empty if the history is too short for a window (see ``notes``)."""
    notes: tuple[str, ...]
    """Sentences about the whole training; those about one series are in ``fitted.notes``."""
    content: Content
    kept: Kept
    keeps: bool = False
    """Whether parts were kept from an earlier training."""
    tested: Backtest | None = None
    """The forecasts behind ``windows``; None if these were kept from an earlier training."""

    @property
    def summary(self) -> Metrics | None:
        """Each metric, averaged over the windows; None without a window."""
        return average_metrics([window.metrics for window in self.windows])

    def record(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything except the model, as arrays without Python objects."""
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
    def from_record(cls, fitted: Fitted, record: Mapping[str, npt.NDArray[np.generic]]) -> Trained:
        """The training with this model and this ``record``."""
        facts = json.loads(str(record["facts"][0]))
        return cls(
            fitted=fitted,
            windows=tuple(_window(plain) for plain in facts["windows"]),
            notes=tuple(facts["notes"]),
            content=Content.from_arrays(record),
            kept=Kept(
                tested_until=np.datetime64(facts["kept"].pop("tested_until"), "s"),
                shared_until=np.datetime64(facts["kept"].pop("shared_until"), "s"),
                notes=tuple(facts["kept"].pop("notes")),
                **facts["kept"],
            ),
        )


def _plain(window: Window) -> dict[str, Any]:
    """A window as JSON values; ``wQL`` as pairs, because JSON has no numbers as keys."""
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
