"""The pool: order, progress, errors, reuse, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from support import until

from forecast_service.engine.pool import InProcessExecutor, map_in_order, pool

from . import tasks


def is_alive(process_id: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until_dead(process_ids: list[int]) -> None:
    """Wait until none of the processes runs."""
    until(lambda: not any(map(is_alive, process_ids)))


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks(processes: int) -> None:
    counts: list[int] = []

    with pool(processes) as executor:
        results = map_in_order(executor, tasks.sleep_then_return, [0.2, 0.0, 0.1], counts.append)

    assert results == [0.2, 0.0, 0.1]
    assert counts == [1, 2, 3]


def test_one_process_is_the_calling_one() -> None:
    with pool(1) as executor:
        assert map_in_order(executor, tasks.process_id, [0]) == [os.getpid()]


def test_several_processes_are_new_ones_and_end_with_the_pool() -> None:
    with pool(2) as executor:
        process_ids = map_in_order(executor, tasks.process_id, [0.2, 0.2, 0.2])

    assert os.getpid() not in process_ids
    wait_until_dead(process_ids)


def test_a_pool_without_a_task_starts_no_process(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pool(2) as executor:
        assert list(tmp_path.iterdir()) == []
        map_in_order(executor, tasks.process_id, [0])
        assert len(list(tmp_path.iterdir())) == 1

    assert list(tmp_path.iterdir()) == []


def test_a_pool_inside_a_pool_is_the_outer_pool() -> None:
    with pool(2) as outer, pool(2) as inner, pool(1) as small:
        assert inner is outer
        assert isinstance(small, InProcessExecutor)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_first_error_is_raised(processes: int) -> None:
    with pool(processes) as executor, pytest.raises(ValueError, match="no 1"):
        map_in_order(executor, tasks.refuse_odd, [0, 1, 2])


def test_processes_use_one_blas_thread_and_their_own_temporary_folder() -> None:
    with pool(2) as executor:
        [(threads, folder)] = map_in_order(executor, tasks.surroundings, [0])
        assert Path(folder).is_dir()

    assert threads == "1"
    assert folder != tempfile.gettempdir()
    assert not Path(folder).exists()


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    notes = tmp_path / "ids"
    notes.mkdir()
    parent = subprocess.Popen(
        [sys.executable, str(Path(tasks.__file__).with_name("pool_parent.py")), str(notes)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)},
    )
    until(lambda: len(list(notes.iterdir())) == 2)
    children = [int(path.name) for path in notes.iterdir()]

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    wait_until_dead(children)
    assert list(tmp_path.glob("forecast-pool-*")) == []
