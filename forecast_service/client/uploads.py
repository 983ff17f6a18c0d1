"""Files, tables and options in the form that the service takes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["sale", "texts", "upload"]


def upload(role: str, content: str | Path | pd.DataFrame, opened: ExitStack) -> tuple[str, Any]:
    """Name and open file of one part of a form."""
    if isinstance(content, pd.DataFrame):
        buffer = io.BytesIO()
        content.to_parquet(buffer, index=False)
        buffer.seek(0)
        return f"{role}.parquet", buffer
    path = Path(content)
    return path.name, opened.enter_context(path.open("rb"))


def sale(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The JSON of a row of sales."""
    store = row["store"]
    sale = {
        "store_number": store if isinstance(store, str) else int(store),
        "date": pd.Timestamp(row["date"]).date().isoformat(),
        "sales": None if pd.isna(row["sales"]) else float(row["sales"]),
    }
    return {**sale, **({"item": str(row["item"])} if "item" in row else {})}


def texts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as parameters of a query; None is left out."""
    return {name: _text(value) for name, value in options.items() if value is not None}


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
