"""The clean panel: the part of a history that models learn from."""

from __future__ import annotations

from forecast_service.engine.guards.dormancy import without_silence
from forecast_service.engine.guards.outliers import without_outliers
from forecast_service.engine.panel import Panel

__all__ = ["clean_panel"]


def clean_panel(panel: Panel) -> Panel:
    """The panel with absurd days and the silence of ended series as unknown.

    A panel without either is returned as it is, so that healthy data are learned exactly.
    """
    return without_silence(without_outliers(panel))
