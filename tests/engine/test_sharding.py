"""Very many series: trained in shards, used as one model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.synthetic import Shape, synthetic_panel
from forecast_service.engine import archive
from forecast_service.engine.algorithm import FitConfig, Fitted
from forecast_service.engine.grouped import Grouped, pieces
from forecast_service.engine.panel import Panel
from forecast_service.engine.registry import condition, load, load_pieces
from forecast_service.engine.sharding import shards_of
from forecast_service.engine.train import Trained, train

LEVELS = (0.1, 0.5, 0.9)
WHOLE = FitConfig(horizon=14)
IN_SHARDS = replace(WHOLE, shard_series=30)
PANEL, FUTURE = synthetic_panel(Shape(59, 70, 14))


@pytest.fixture(scope="module")
def trained() -> Trained:
    """59 series in two shards."""
    return train("auto", PANEL, IN_SHARDS)


@pytest.fixture(scope="module")
def alone() -> Fitted:
    """The second shard, trained without the first."""
    return train("auto", PANEL.take(shards_of(PANEL, IN_SHARDS)[1]), WHOLE).fitted


def test_shards_hold_every_series_once_and_differ_by_one_at_most() -> None:
    shards = shards_of(PANEL, IN_SHARDS)

    assert [len(rows) for rows in shards] == [30, 29]
    assert sorted(np.concatenate(shards).tolist()) == list(range(59))


def test_shards_do_not_depend_on_the_order_of_the_panel() -> None:
    backwards = PANEL.take(np.arange(59)[::-1])

    assert members(backwards) == members(PANEL)


def members(panel: Panel) -> list[set[tuple[str, ...]]]:
    return [{panel.keys[row] for row in rows} for rows in shards_of(panel, IN_SHARDS)]


@pytest.mark.parametrize(("horizon", "count"), [(28, 1), (48, 2), (500, 8)])
def test_a_longer_horizon_makes_shards_smaller_down_to_a_minimum(horizon: int, count: int) -> None:
    keys = tuple((str(row),) for row in range(8000))
    panel = Panel(keys, PANEL.timestamps[:1], "D", np.zeros((8000, 1)))

    shards = shards_of(panel, FitConfig(horizon=horizon, backtest_windows=2))

    assert len(shards) == count


def test_a_shard_forecasts_as_if_it_were_trained_alone(trained: Trained, alone: Fitted) -> None:
    rows = shards_of(PANEL, IN_SHARDS)[1]

    together = trained.fitted.forecast(FUTURE, LEVELS)

    assert trained.fitted.keys == PANEL.keys
    assert np.array_equal(together[rows], alone.forecast(FUTURE.take(rows), LEVELS))


def test_the_accuracy_is_that_of_all_series_together() -> None:
    in_shards = train("seasonal_naive", PANEL, IN_SHARDS)

    assert in_shards.windows == train("seasonal_naive", PANEL, WHOLE).windows
    assert in_shards.notes == ("59 series were trained in 2 shards of 30.",)


def test_notes_and_facts_of_a_series_come_from_its_shard(trained: Trained, alone: Fitted) -> None:
    rows = shards_of(PANEL, IN_SHARDS)[1]

    assert isinstance(trained.fitted, Grouped)
    for name in ("algorithms", "notes", "facts"):
        values = getattr(trained.fitted, name)
        assert tuple(values[row] for row in rows) == getattr(alone, name)


def test_newer_data_reach_every_series_and_new_series_join_a_shard(trained: Trained) -> None:
    longer, future = synthetic_panel(Shape(64, 77, 14))
    rows = np.arange(3, 64)

    later = condition("auto", trained.fitted, longer.take(rows))

    assert later.keys == longer.keys[3:]
    assert later.until == longer.timestamps[-1]
    assert len(later.notes) == 61
    assert np.isfinite(later.forecast(future.take(rows), LEVELS)).all()


def test_a_shard_without_remaining_series_is_dropped(trained: Trained) -> None:
    rows = shards_of(PANEL, IN_SHARDS)[0]

    later = condition("auto", trained.fitted, PANEL.take(rows))

    assert np.array_equal(
        later.forecast(FUTURE.take(rows), LEVELS), trained.fitted.forecast(FUTURE, LEVELS)[rows]
    )


def test_a_model_of_some_series_forecasts_as_the_whole_model(trained: Trained) -> None:
    rows = np.array([57, 3, 30])

    some = trained.fitted.take(rows, FUTURE)

    assert some.keys == tuple(PANEL.keys[row] for row in rows)
    # Some processors sum a matrix of another shape in another order.
    expected = trained.fitted.forecast(FUTURE, LEVELS)[rows]
    assert some.forecast(FUTURE.take(rows), LEVELS) == pytest.approx(expected, rel=1e-9)


def test_a_model_saved_whole_or_in_pieces_forecasts_the_same(trained: Trained, tmp_path) -> None:
    archive.save(tmp_path / "whole.npz", trained.fitted.to_arrays(), {})
    for number, piece in enumerate(pieces(trained.fitted)):
        archive.save(tmp_path / f"{number}.npz", piece, {})

    whole = load("auto", archive.load(tmp_path / "whole.npz")[0])
    joined = load_pieces("auto", (archive.load(tmp_path / f"{i}.npz")[0] for i in range(2)))

    for loaded in (whole, joined):
        assert (loaded.keys, loaded.notes) == (trained.fitted.keys, trained.fitted.notes)
        assert np.array_equal(
            loaded.forecast(FUTURE, LEVELS), trained.fitted.forecast(FUTURE, LEVELS)
        )


def test_progress_goes_through_the_shards_without_going_back() -> None:
    reports: list[tuple[float, str]] = []

    train("seasonal_naive", PANEL, IN_SHARDS, lambda *each: reports.append(each))

    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert reports[-1][1] == "shard 2 of 2: seasonal naive: 29 series"


def test_a_history_without_a_window_is_trained_in_shards_too() -> None:
    short = train("pooled", PANEL.before(20), IN_SHARDS)

    assert short.windows == ()
    assert short.fitted.keys == PANEL.keys


def test_a_retraining_fits_only_what_changed_in_its_shard() -> None:
    before = train("pooled", PANEL, IN_SHARDS)
    row = shards_of(PANEL, IN_SHARDS)[1][0]
    target = PANEL.target.copy()
    target[row, -30:] = 3 * np.nan_to_num(target[row, -30:]) + 5

    after = train("pooled", replace(PANEL, target=target), IN_SHARDS, previous=before)

    old, new = (trained.fitted.forecast(FUTURE, LEVELS) for trained in (before, after))
    assert after.notes[1].startswith("1 of 59 series")
    assert np.array_equal(np.flatnonzero((old != new).any(axis=(1, 2))), [row])


def test_the_forecasts_behind_the_accuracy_are_kept_for_all_shards(trained: Trained) -> None:
    tested = trained.tested

    assert tested is not None
    assert tested.keys == PANEL.keys
    assert [w.metrics(tested.levels) for w in tested.windows] == [
        window.metrics for window in trained.windows
    ]
