"""Work on many cores: an Executor, and a map over it that keeps the order."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from multiprocessing import forkserver
from typing import Any, TypeVar

from forecast_service.common.processes import end_with_parent

__all__ = ["InProcessExecutor", "map_in_order", "pool", "start_server"]

Task = TypeVar("Task")
Result = TypeVar("Result")

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_open: ContextVar[Executor | None] = ContextVar("open_pool", default=None)


class InProcessExecutor(Executor):
    """Runs each task immediately in the calling thread, for work too small for a process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _LateExecutor(Executor):
    """Starts its processes with the first task: most callers never submit one."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._started = ExitStack()
        self._executor: Executor | None = None

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._executor is None:
            self._executor = self._started.enter_context(_process_pool(self._processes))
        return self._executor.submit(function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._started.close()
        self._executor = None


@contextmanager
def pool(processes: int) -> Iterator[Executor]:
    """An executor over ``processes`` processes; one means the calling process itself.

    A pool opened inside another pool is the outer pool, so that processes start only once: with
    the first task.
    Each process uses one BLAS thread, keeps its temporary files in a folder that is removed with
    the pool, and ends when the process that opened the pool ends, even if it is killed.
    """
    outer = _open.get()
    if processes <= 1:
        yield InProcessExecutor()
    elif outer is not None:
        yield outer
    else:
        executor = _LateExecutor(processes)
        token = _open.set(executor)
        try:
            yield executor
        finally:
            _open.reset(token)
            executor.shutdown()


def map_in_order(
    executor: Executor,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    finished: Callable[[int], None] = lambda count: None,
) -> list[Result]:
    """``[function(task) for task in tasks]`` on the executor; raises the first error.

    ``finished`` is called after each task, with the number of tasks done.
    """
    futures = []
    in_process = isinstance(executor, InProcessExecutor)
    for count, task in enumerate(tasks, start=1):
        futures.append(executor.submit(function, task))
        if in_process:
            futures[-1].result()
            finished(count)
    if not in_process:
        for count, future in enumerate(as_completed(futures), start=1):
            future.result()
            finished(count)
    return [future.result() for future in futures]


@contextmanager
def _process_pool(processes: int) -> Iterator[Executor]:
    start_server()
    folder = tempfile.mkdtemp(prefix="forecast-pool-")
    executor = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("forkserver"),
        initializer=_set_up_process,
        initargs=(folder,),
    )
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def start_server() -> None:
    """Start the fork server with one BLAS thread: its children inherit that setting."""
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _set_up_process(folder: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and stops its pool
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = folder
    end_with_parent(before=partial(_remove_folder, folder))


def _remove_folder(folder: str) -> None:
    """Remove a folder to which other processes may still write for a moment."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            break
        time.sleep(0.1)
