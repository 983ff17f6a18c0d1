"""Synthetic panels: traits of retail, the same for the same seed, any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.panels import read_panel
from benchmarks.synthetic import BLOCK, Shape, synthetic_panel, write_synthetic


def test_the_same_seed_gives_the_same_series_whatever_their_number() -> None:
    small, _ = synthetic_panel(Shape(20, 60))
    large, _ = synthetic_panel(Shape(BLOCK + 20, 60))
    other, _ = synthetic_panel(Shape(20, 60, seed=1))

    assert np.array_equal(large.target[:20], small.target, equal_nan=True)
    assert not np.array_equal(other.target, small.target, equal_nan=True)


def test_series_have_the_traits_of_retail() -> None:
    panel, future = synthetic_panel(Shape(BLOCK, 364))
    sold, known = panel.target, ~np.isnan(panel.target)
    means = np.nanmean(sold, axis=1)
    opened = known & (panel.covariates["open"] == 1)
    promoted = opened & (panel.covariates["promo"] == 1)

    assert 0.1 < (means < 0.6).mean() < 0.3
    assert np.percentile(means, 95) > 10 * np.median(means) / 3
    assert (sold[known & ~opened] == 0).all()
    assert sold[promoted].mean() > 1.2 * sold[opened & ~promoted].mean()
    assert 0.05 < np.isnan(sold[:, 30]).mean() < 0.2
    assert future.timestamps[0] - panel.timestamps[-1] == np.timedelta64(1, "D")
    assert set(future.covariates) == set(panel.covariates)


def test_weekly_series_have_no_closed_periods() -> None:
    panel, future = synthetic_panel(Shape(5, 60, 8, "W"))

    assert set(panel.covariates) == {"promo", "holiday"}
    assert set(np.diff(panel.timestamps)) == {np.timedelta64(7, "D")}
    assert future.horizon == 8


def test_the_files_contain_the_panel(tmp_path: Path) -> None:
    shape = Shape(30, 60, 7)

    read, ahead = read_panel(write_synthetic(shape, tmp_path))
    panel, future = synthetic_panel(shape)

    rows = [int(store) for (store,) in read.keys]
    assert np.array_equal(read.target, panel.target[rows], equal_nan=True)
    assert np.array_equal(ahead.covariates["promo"], future.covariates["promo"][rows])
