"""Stores, files, tables and options in the form that the service takes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from numbers import Integral
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["listed", "sale", "store_number", "texts", "upload", "without_none"]


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
    sale = {
        "store_number": store_number(row["store"]),
        "date": pd.Timestamp(row["date"]).date().isoformat(),
        "sales": None if pd.isna(row["sales"]) else float(row["sales"]),
    }
    return {**sale, **({"item": str(row["item"])} if "item" in row else {})}


def texts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as parameters of a query; None is left out."""
    return {name: _text(value) for name, value in options.items() if value is not None}


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def listed(store: int | str | Sequence[int | str]) -> list[int | str]:
    """The stores as a list."""
    stores = [store] if isinstance(store, str | int | Integral) else list(store)
    return [store_number(name) for name in stores]


def store_number(store: int | str) -> int | str:
    """The store as JSON has it: numpy's integers, as in a table of stores, are no numbers there."""
    return store if isinstance(store, str) else int(store)


def without_none(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
