"""Files of sales for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sales_files import write_sales


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """Twelve weeks of two stores that sell more on Saturdays."""
    path = tmp_path / "sales.csv"
    write_sales(path, first=1, last=84)
    return path
