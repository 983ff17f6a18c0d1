"""What changed between two panels."""

from __future__ import annotations

from dataclasses import replace

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.changes import changes, content_of

from .panels import make_panel


def test_an_attribute_belongs_to_the_content() -> None:
    past = make_panel(4, 30)
    described = replace(past, attributes={"type": ("a",) * 4})
    other = replace(past, attributes={"type": ("a",) * (3) + ("b",)})

    differences, _ = changes(content_of("auto", described, FitConfig(horizon=14)), other)

    assert differences.edited.tolist() == [3]
    assert differences.rows.tolist() == [3]
