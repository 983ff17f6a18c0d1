"""Polling: a long job is checked less often, within limits."""

from __future__ import annotations

import pytest

from forecast_service.common.polling import Polling


@pytest.mark.parametrize(("elapsed", "pause"), [(0.0, 0.2), (5.0, 0.5), (3600.0, 1.0)])
def test_the_pause_grows_with_the_time_that_a_job_takes(elapsed: float, pause: float) -> None:
    assert Polling(0.2, 1.0).pause(elapsed) == pytest.approx(pause)


def test_jitter_makes_a_pause_shorter_or_longer() -> None:
    pauses = {Polling(30.0, 30.0, jitter=0.2).pause() for _ in range(100)}

    assert len(pauses) > 1
    assert all(24.0 <= pause <= 36.0 for pause in pauses)
