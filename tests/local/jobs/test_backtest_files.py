"""The kept backtest of a predictor: as it was tested, in blocks, taken over by a retraining."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast_service.engine import backtest as engine
from forecast_service.engine import metrics
from forecast_service.errors import InvalidData
from forecast_service.local.jobs.exports import backtest_files
from forecast_service.local.jobs.exports.backtest_files import (
    BACKTEST,
    BacktestBlock,
    read_backtest,
    save_backtest,
)
from forecast_service.local.jobs.exports.item_accuracy import accuracy_of
from forecast_service.local.jobs.predictor_models import backtest_path

from ..support import TARGET, TARGET_FIELDS, World, sales

LEVELS = (0.1, 0.5)
TIMES = np.datetime64("2015-01-01", "s") + np.arange(40) * np.timedelta64(1, "D")
KEYS = tuple((f"item {number}", "1") for number in range(5))


def window(cutoff: int) -> engine.TestedWindow:
    """A week of forecasts of five series; one has no actuals, one sells nothing."""
    rng = np.random.default_rng(cutoff)
    actual = rng.integers(1, 9, (5, 7)).astype(np.float64)
    actual[0, 2], actual[1], actual[2] = np.nan, np.nan, 0.0
    history = rng.normal(10, 3, (5, cutoff))
    history[3] = 4.0  # constant: no scale
    return engine.TestedWindow(
        cutoff=cutoff,
        start=TIMES[cutoff],
        end=TIMES[cutoff] + np.timedelta64(7, "D"),
        actual=actual,
        quantiles=rng.normal(5, 1, (5, 7, 2)),
        mean=rng.normal(5, 1, (5, 7)),
        history=history,
        season_length=7,
    )


TESTED = engine.Backtest(KEYS, LEVELS, (window(33), window(26)), ())


def blocks(folder: Path) -> list[BacktestBlock]:
    save_backtest(folder, TESTED, TIMES)
    return list(read_backtest(folder / BACKTEST))


def test_a_backtest_is_read_as_it_was_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest_files, "BLOCK_SERIES", 2)

    read = blocks(tmp_path)

    assert [block.keys for block in read] == [KEYS[:2], KEYS[2:4], KEYS[4:]]
    assert {block.levels for block in read} == {LEVELS}
    assert [times[0] for times in read[0].times] == ["2015-01-27T00:00:00", "2015-02-03T00:00:00"]
    assert read[0].times[1][-1] == "2015-02-09T00:00:00"
    for place, tested in enumerate(reversed(TESTED.windows)):
        for name in ("actual", "mean", "quantiles"):
            whole = np.concatenate([getattr(block, name)[:, place] for block in read])
            assert np.array_equal(whole, getattr(tested, name), equal_nan=True)


def test_the_accuracy_of_an_item_is_that_of_a_window_with_this_item_alone(tmp_path: Path) -> None:
    (block,) = blocks(tmp_path)

    accuracy = accuracy_of(block)

    for place, tested in enumerate(reversed(TESTED.windows)):
        for row in (0, 2, 3, 4):  # series 1 has no actuals
            alone = replace(
                tested,
                actual=tested.actual[[row]],
                quantiles=tested.quantiles[[row]],
                mean=tested.mean[[row]],
                history=tested.history[[row]],
            ).metrics(LEVELS)
            found = {name: float(values[row, place]) for name, values in accuracy.items()}
            assert found == pytest.approx(
                {
                    "wQL[0.1]": alone["wQL"][0.1],
                    "wQL[0.5]": alone["wQL"][0.5],
                    "Average wQL": alone["average_wQL"],
                    **{name: _or_nan(alone[name]) for name in ("RMSE", "WAPE", "MAPE", "MASE")},
                },
                nan_ok=True,
            )
        assert all(np.isnan(values[1, place]) for values in accuracy.values())


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def test_without_a_window_there_is_no_file(tmp_path: Path) -> None:
    save_backtest(tmp_path, replace(TESTED, windows=()), TIMES)

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidData, match="The predictor has no backtest"):
        next(read_backtest(tmp_path / BACKTEST))


@pytest.mark.parametrize("place", [0.1, 0.5, 0.95])
def test_a_damaged_file_is_refused(tmp_path: Path, place: float) -> None:
    blocks(tmp_path)
    content = bytearray((tmp_path / BACKTEST).read_bytes())
    at = int(len(content) * place)
    content[at : at + 8] = bytes(byte ^ 255 for byte in content[at : at + 8])
    (tmp_path / BACKTEST).write_bytes(content)

    with pytest.raises(InvalidData, match="is damaged"):
        list(read_backtest(tmp_path / BACKTEST))


def test_a_scale_is_the_one_of_the_engine(tmp_path: Path) -> None:
    (block,) = blocks(tmp_path)

    expected = [metrics.seasonal_scale(tested.history, 7) for tested in reversed(TESTED.windows)]
    assert np.array_equal(block.scale, np.stack(expected, axis=1))


def test_a_retraining_takes_over_the_backtest_of_what_it_keeps(world: World) -> None:
    target = world.dataset("demand", TARGET, TARGET_FIELDS)
    world.import_rows(target, world.put(sales(days=70)))
    first = world.perform(world.predictor())
    second = world.perform(world.predictor())

    assert second.details["kept_from"] == first.arn
    old, new = (backtest_path(world.settings.home, one) for one in (first, second))
    assert old.parent != new.parent
    assert old.read_bytes() == new.read_bytes()
    assert [block.keys for block in read_backtest(new)] == [(("1",), ("2",))]
