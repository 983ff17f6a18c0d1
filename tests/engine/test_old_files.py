"""Model files of earlier versions can be read: their arrays, built by hand, keep their names."""

from __future__ import annotations

import json

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig, Fitted
from forecast_service.engine.grouped import Grouped, facts_of, pieces
from forecast_service.engine.panel import KnownFuture
from forecast_service.engine.registry import algorithm, load, load_pieces

from .panels import make_panel

Arrays = dict[str, np.ndarray]
WEEK = KnownFuture(
    np.datetime64("2015-03-01T00:00:00", "s") + np.arange(7) * np.timedelta64(1, "D")
)
PREFIXES = {
    "boosted": {"pooled"},
    "ets": {"models", "naive"},
    "npts": {"naive"},
    "pooled": {"backdrop", "tail"},
    "prophet": {"model", "naive"},
    "seasonal_naive": set(),
    "tsb": {"naive"},
}
"""Prefixes (before a dot) of the array names of each model."""


def naive(**sales: float) -> Arrays:
    """A seasonal naive of stores that sell the same every day: ``store=sales``."""
    count = len(sales)
    level = np.array(list(sales.values()))[:, None]
    return {
        "keys": np.array([json.dumps([key]) for key in sales]),
        "until": np.array(["2015-02-28T00:00:00"], dtype="datetime64[s]"),
        "frequency": np.array(["D"]),
        "closing": np.array([""]),
        "closing_applies": np.zeros(count, dtype=bool),
        "last": np.tile(level, (1, 7)),
        "age": np.ones((count, 7)),
        "spread": np.zeros(count),
        "notes": np.array(["null"] * count),
    }


def combination(*members: Arrays) -> Arrays:
    """A combination of seasonal naive and, if there are two members, NPTS with equal weights."""
    names = ("seasonal_naive", "npts")[: len(members)]
    count = len(members[0]["keys"])
    share = np.full((count, len(names)), 1 / len(names))
    parts = {
        f"{name}.{key}": values
        for name, member in zip(names, members, strict=True)
        for key, values in member.items()
    }
    return {
        **{"members": np.array(names), "wanted": share, "fleet": share[0], **parts},
        "coverage.nominal": np.array([0.8]),
        "coverage.measured": np.full(count, 0.75),
        "coverage.days": np.full(count, 28),
    }


def npts(**sales: float) -> Arrays:
    """An NPTS of stores that sold the same on both days: ``store=sales``."""
    options = {"use_seasonal_model": "false"}
    return {
        **{f"naive.{key}": values for key, values in naive(**sales).items()},
        "rows": np.arange(len(sales)),
        "notes": np.array(["null"] * len(sales)),
        "sold": np.tile(np.array(list(sales.values()))[:, None], (1, 2)),
        "times": np.array(["2015-02-27", "2015-02-28"], dtype="datetime64[s]"),
        "options": np.array([list(options), list(options.values())]),
    }


def auto() -> Arrays:
    """An auto: store b sells often, a and c seldom."""
    often = combination(naive(b=20.0))
    sparse = combination(naive(a=10.0, c=30.0), npts(a=12.0, c=32.0))
    return {
        "demand": np.array(["lumpy", "smooth", "unknown"]),
        "groups": np.array([2]),
        "season_length": np.array([7]),
        "0.rows": np.array([1]),
        **{f"0.model.{name}": values for name, values in often.items()},
        "1.rows": np.array([0, 2]),
        **{f"1.model.{name}": values for name, values in sparse.items()},
    }


def shards() -> list[Arrays]:
    return [
        {**naive(b=20.0), "shard.rows": np.array([1])},
        {**naive(a=10.0, c=30.0), "shard.rows": np.array([0, 2])},
    ]


def test_an_auto_of_an_earlier_version_is_read() -> None:
    fitted = load("auto", auto())

    assert fitted.keys == (("a",), ("b",), ("c",))
    assert fitted.mean(WEEK)[:, 0].tolist() == [11.0, 20.0, 31.0]
    assert fitted.algorithms == (mixed := "seasonal_naive 0.5, npts 0.5", "seasonal_naive", mixed)
    facts = facts_of(fitted)
    assert [fact and fact.get("demand") for fact in facts] == ["lumpy", "smooth", None]
    assert facts[1] == {
        "members": {"seasonal_naive": 1.0},
        "coverage": {"p10-p90": {"nominal": 0.8, "measured": 0.75, "days": 28}},
        "demand": "smooth",
    }


def whole(parts: list[Arrays]) -> Arrays:
    """All shards in one file, like the model beside a forecast."""
    return {f"{i}.{name}": values for i, part in enumerate(parts) for name, values in part.items()}


@pytest.mark.parametrize(
    "fitted",
    [load_pieces("seasonal_naive", shards()), load("seasonal_naive", whole(shards()))],
    ids=["pieces", "whole"],
)
def test_shards_of_an_earlier_version_are_read(fitted: Fitted) -> None:
    assert isinstance(fitted, Grouped)
    assert fitted.keys == (("a",), ("b",), ("c",))
    assert fitted.mean(WEEK)[:, 0].tolist() == [10.0, 20.0, 30.0]


def test_an_auto_in_shards_of_an_earlier_version_is_read() -> None:
    rows = np.array([4, 1, 0]), np.array([2, 5, 3])

    fitted = load("auto", whole([{**auto(), "shard.rows": each} for each in rows]))

    assert fitted.keys == (("c",), ("b",), ("a",), ("c",), ("a",), ("b",))
    assert fitted.mean(WEEK)[:, 0].tolist() == [31.0, 20.0, 11.0, 31.0, 11.0, 20.0]


def test_auto_and_shards_are_written_with_the_same_array_names() -> None:
    assert set(load("auto", auto()).to_arrays()) == set(auto())
    in_shards = load_pieces("seasonal_naive", shards())
    assert set(in_shards.to_arrays()) == set(whole(shards()))
    assert [set(piece) for piece in pieces(in_shards)] == [set(piece) for piece in shards()]


@pytest.mark.parametrize("name", PREFIXES)
def test_the_array_names_of_a_model_keep_their_prefixes(name: str) -> None:
    if name == "ets":
        pytest.importorskip("statsmodels")

    arrays = algorithm(name).fit(make_panel(), FitConfig(horizon=14)).to_arrays()

    assert {key.split(".")[0] for key in arrays if "." in key} == PREFIXES[name]
